"""Alerts: what is wrong is told by every way, once for each cause, each day while it lasts, and when it is over.

Decided in the transaction that keeps what was told, under the lock of the cause's row. So of several processes one
tells of it, and what is told is in the queue if and only if it is remembered as told.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.domain.running.alerts import QUIET, AlertState, begins_anew, has_ended, word_when_seen
from digest.operations.messages.queue import Telling, tell_editors, tell_operator
from digest.operations.shared.context import Work
from digest.storage.messages.alerts import Alert, alert_for_change, alert_seen

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sighting:
    """A cause as it is seen now. `link` is a label and an address.

    `patience`: how long it must last before it is told; `good_for`: it is over if it was not seen for so long. Not
    `by_mail`: mail is what is broken.
    """

    cause: str
    heading: str
    paragraphs: Sequence[str]
    link: tuple[str, str] = ("", "")
    patience: timedelta = timedelta()
    good_for: timedelta = QUIET
    by_mail: bool = True


def sight(work: Work, sighting: Sighting, is_news: bool = False) -> None:
    """Note that this is wrong now, and tell of it where that is due. `is_news`: even if it was told before."""
    alert = alert_seen(work.session, sighting.cause, work.now)
    if begins_anew(alert.course):
        alert.first_seen, alert.told_at, alert.over_since = work.now, None, None
    alert.last_seen = max(alert.last_seen, work.now)
    alert.heading, alert.words = sighting.heading, "\n".join(sighting.paragraphs)
    alert.label, alert.link = sighting.link
    alert.by_mail, alert.good_for = sighting.by_mail, round(sighting.good_for.total_seconds())
    if is_news:
        _say(work, alert, AlertState.REMINDER if alert.told_at else AlertState.BEGUN, alert.heading, alert.paragraphs)
    elif state := word_when_seen(alert.course, work.now, sighting.patience):
        _tell_of(work, alert, state)


def see_again(work: Work, cause: str) -> None:
    """Note that a cause of which all was said when it began is still there, and remind of it where that is due."""
    alert = alert_for_change(work.session, cause)
    if alert is None or begins_anew(alert.course):
        return
    alert.last_seen = max(alert.last_seen, work.now)
    if state := word_when_seen(alert.course, work.now, timedelta()):
        _tell_of(work, alert, state)


def end_unseen(work: Work, cause: str) -> None:
    """Tell that it is over, if nobody has seen it for long enough. What was never told goes without a word."""
    alert = alert_for_change(work.session, cause)
    if alert is None or not has_ended(alert.course, work.now, alert.lasts_for):
        return
    alert.over_since = alert.last_seen
    if alert.told_at is not None:
        _say(work, alert, AlertState.OVER, f"Over: {alert.heading}", [_lasted(alert)])


def end(work: Work, cause: str, heading: str, paragraphs: Sequence[str]) -> None:
    """Tell that it is over now, in these words, if it was told at all."""
    alert = alert_for_change(work.session, cause)
    if alert is not None and alert.told_at is not None and alert.over_since is None:
        alert.over_since = work.now
        _say(work, alert, AlertState.OVER, heading, paragraphs)


def _tell_of(work: Work, alert: Alert, state: AlertState) -> None:
    if state is AlertState.BEGUN:
        _say(work, alert, state, alert.heading, alert.paragraphs)
    else:
        since = f"It has lasted since {_moment(alert.first_seen)}. You are reminded once a day."
        _say(work, alert, state, f"Still: {alert.heading}", [*alert.paragraphs, since])


def _say(work: Work, alert: Alert, state: AlertState, heading: str, paragraphs: Sequence[str]) -> None:
    alert.told_at = work.now
    if alert.by_mail or state is AlertState.REMINDER:  # else whoever met it has logged it, in words of more detail
        log.warning("alert %s (%s): %s. %s", state, alert.cause, heading, " ".join(paragraphs))
    told = Telling(alert.cause, state)
    if alert.by_mail:
        tell_editors(work, heading, paragraphs, (alert.label, alert.link) if alert.link else None, told)
    else:
        tell_operator(work, heading, paragraphs, alert.link or work.settings.site_url, told)


def _lasted(alert: Alert) -> str:
    return f"It lasted from {_moment(alert.first_seen)} to {_moment(alert.last_seen)}."


def _moment(at: datetime) -> str:
    return f"{at.day} {at:%B, %H:%M} UTC"
