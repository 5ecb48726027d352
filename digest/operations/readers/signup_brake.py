"""The brake on sign-ups: whether their messages wait for each other, or find no room, said to the operator once, and
when it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.running.alerts import AlertKind, cause
from digest.operations.messages import signup_caps
from digest.operations.messages.alerting import Sighting, end, sight
from digest.operations.messages.signup_caps import BRAKE, HOUR, NO_ROOM, ON, braked_since
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_subscribers_url
from digest.storage.base.database import one_at_a_time
from digest.storage.base.rate_limits import count_one, forget, moment_of
from digest.storage.messages.form_mail import form_mail_due, form_mail_since, form_mail_waiting

_TOLD_OF_NO_ROOM = "signup-full"


def brake_lasts(session: Session) -> bool:
    """Whether messages wait by the brake, as far as was told."""
    return braked_since(session) is not None


def no_room_lasts(session: Session) -> bool:
    """Whether sign-ups find no room, as far as was told."""
    return moment_of(session, _TOLD_OF_NO_ROOM, ON) is not None


def watch_the_brake(context: Context) -> None:
    """Tell of the brake when messages begin to wait by it, or find no room, and when that is over.

    Safe in any number of clocks.
    """
    for kind, news_of in _WATCHED.items():
        with context.db.reading() as session:
            if news_of(session, context.now) is None:
                continue
        with context.db.writing() as session:
            one_at_a_time(session, BRAKE)
            news = news_of(session, context.now)
            if news is None:
                continue
            if news:
                count_one(session, kind, ON, context.now)
            else:
                forget(session, kind, ON)
            _tell(context.within(session), kind, news)


def _brake(session: Session, now: datetime) -> bool | None:
    """Whether the brake begins (True), is over (False), or is as it was told (None).

    It is over only when half as many come: at its edge it would begin anew every few minutes.
    """
    waiting, left = form_mail_due(session, now), form_mail_since(session, now - HOUR)
    if braked_since(session) is None:
        return True if waiting and left >= signup_caps.IN_ALL_HOUR else None
    return False if not waiting and left < max(1, signup_caps.IN_ALL_HOUR // 2) else None


def _room(session: Session, now: datetime) -> bool | None:
    """Likewise, whether sign-ups find no room. It is over when none was turned away for an hour."""
    turned_away = moment_of(session, NO_ROOM, ON)
    lately = turned_away is not None and now - turned_away < HOUR
    if moment_of(session, _TOLD_OF_NO_ROOM, ON) is None:
        return True if lately else None
    return None if lately else False


def _tell(work: Work, kind: str, begins: bool) -> None:
    heading, words = _WORDS[kind, begins]
    words = words.format(
        most=f"{signup_caps.IN_ALL_HOUR:,}", waiting=f"{form_mail_due(work.session, work.now):,}",
        in_all=f"{form_mail_waiting(work.session):,}", room=f"{signup_caps.MOST_WAITING // 2:,}",
    )  # fmt: skip
    if not begins:
        end(work, cause(_CAUSES[kind]), heading, [words])
        return
    link = ("See the subscribers", desk_subscribers_url(work.settings))
    sight(work, Sighting(cause(_CAUSES[kind]), heading, [words], link))


_WATCHED: Mapping[str, Callable[[Session, datetime], bool | None]] = {BRAKE: _brake, _TOLD_OF_NO_ROOM: _room}
_CAUSES = {BRAKE: AlertKind.BRAKE, _TOLD_OF_NO_ROOM: AlertKind.NO_ROOM}
_WORDS: Mapping[tuple[str, bool], tuple[str, str]] = {
    (BRAKE, True): (
        "More people sign up than usual",
        "More than {most} sign-ups have come within an hour, so their messages leave in order, {most} an hour; "
        "{waiting} wait. Nothing is lost. If you didn’t expect them, strangers may be misusing the form.",
    ),
    (BRAKE, False): (
        "Sign-ups are as usual again",
        "All messages that waited have left. You are told again if more than {most} sign-ups come within an hour.",
    ),
    (_TOLD_OF_NO_ROOM, True): (
        "Sign-ups are turned away",
        "{in_all} sign-ups wait for their message, so those that would have to wait, too, are not taken beyond {room}, "
        "and beyond twice as many none is. Strangers are misusing the form: look in your proxy’s log for where they "
        "come from, and shut those networks out there.",
    ),
    (_TOLD_OF_NO_ROOM, False): (
        "Sign-ups are taken again",
        "None was turned away for an hour. Whoever was before that may ask again.",
    ),
}
