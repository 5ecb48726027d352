"""A reader wants no issue before a day of their choice. The pause ends by itself."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from digest.config import Settings
from digest.config.catalogues import speaking
from digest.domain.issues.calendar import moment
from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import record
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.readers.consents import ConsentStep
from digest.storage.readers.subscribers import (
    Subscriber,
    SubscriberState,
    end_pauses,
    lock_subscribers,
    pauses_ended,
    subscriber_with_link_key,
)

LONGEST = timedelta(days=366)
RESUMED = "resumed"


def days_to_choose(settings: Settings, now: datetime) -> tuple[date, date]:
    """The first and the last day that a pause may end on, in the publication's time zone."""
    today = settings.schedule.local(now).date()
    return today + timedelta(days=1), today + LONGEST


def pause(context: Context, link_key: str, until: str, place: str) -> Subscriber | None:
    """No issue for this reader before that day (ISO); from its first moment on they come again.

    Raises Refused, with the remedy, for what is no day, or none to choose. None: no reader has this key. Who gets no
    issues anyway stays as they are.
    """
    day = _day(context, until)
    until_moment = moment(day, time.min, context.settings.schedule.zone)
    return _set(context, link_key, until_moment, f"until {day.isoformat()}", place)


def resume(context: Context, link_key: str, place: str) -> Subscriber | None:
    """End the pause now. None: no reader has this key."""
    return _set(context, link_key, None, RESUMED, place)


def end_pauses_in_time(context: Context) -> None:
    """Let those whose day has come get issues again. A freeze looks by itself, too."""
    with context.db.reading() as session:
        if not pauses_ended(session, context.now):
            return
    with context.db.writing() as session:
        lock_subscribers(session)
        end_pauses(session, context.now)


def _day(context: Context, until: str) -> date:
    first, last = days_to_choose(context.settings, context.now)
    spoken = speaking(context.settings.branding.language)
    try:
        day = date.fromisoformat(until.strip())
    except ValueError:
        raise Refused(spoken.gettext("Choose the day from which issues shall come again.")) from None
    if not first <= day <= last:
        said = spoken.gettext(
            "Choose a day from %(first)s to %(last)s.", first=spoken.day(first), last=spoken.day(last)
        )
        raise Refused(said)
    return day


def _set(context: Context, link_key: str, until: datetime | None, answer: str, place: str) -> Subscriber | None:
    with context.db.writing() as session:
        lock_subscribers(session)
        subscriber = subscriber_with_link_key(session, link_key)
        if subscriber is None or subscriber.paused_until == until or subscriber.state != SubscriberState.CONFIRMED:
            return subscriber
        subscriber.paused_until = until
        record(
            context.within(session),
            subscriber.id,
            ConsentStep.PAUSED,
            consent_wordings.pausing(context.settings),
            place,
            answer,
        )
        return subscriber
