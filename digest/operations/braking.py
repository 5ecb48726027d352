"""The brake on sign-ups: whether their messages wait for each other, said to the operator once, and when it is over."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations import signup_caps
from digest.operations.links import desk_subscribers_url
from digest.operations.messaging import tell_editors
from digest.operations.signup_caps import BRAKE, ON, braked_since
from digest.storage.database import Database, one_at_a_time
from digest.storage.form_mail import form_mail_due, form_mail_since
from digest.storage.tallies import count_one, forget

log = logging.getLogger(__name__)


def watch_the_brake(db: Database, settings: Settings, now: datetime) -> None:
    """Tell of the brake when messages begin to wait by it, and when that is over. Safe in any number of clocks."""
    with db.reading() as session:
        if _news(session, now) is None:
            return
    with db.writing() as session:
        one_at_a_time(session, BRAKE)
        news = _news(session, now)
        if news is None:
            return
        if news:
            count_one(session, BRAKE, ON, now)
        else:
            forget(session, BRAKE, ON)
        _tell(session, settings, now, news)


def _news(session: Session, now: datetime) -> bool | None:
    """Whether the brake begins (True), is over (False), or is as it was told (None).

    It is over only when half as many come: at its edge it would begin anew every few minutes.
    """
    waiting, left = form_mail_due(session, now), form_mail_since(session, now - signup_caps.HOUR)
    if braked_since(session) is None:
        return True if waiting and left >= signup_caps.IN_ALL_HOUR else None
    return False if not waiting and left < max(1, signup_caps.IN_ALL_HOUR // 2) else None


def _tell(session: Session, settings: Settings, now: datetime, begins: bool) -> None:
    heading, words = _BEGINS if begins else _OVER
    words = words.format(most=f"{signup_caps.IN_ALL_HOUR:,}", waiting=form_mail_due(session, now))
    log.warning("%s. %s", heading, words)
    tell_editors(session, settings, now, heading, [words], ("See the subscribers", desk_subscribers_url(settings)))


_BEGINS = (
    "More people sign up than usual",
    "More than {most} sign-ups have come within an hour, so their messages leave in order, {most} an hour; {waiting} "
    "wait. Nothing is lost. If you didn’t expect them, strangers may be misusing the form.",
)
_OVER = (
    "Sign-ups are as usual again",
    "All messages that waited have left. You are told again if more than {most} sign-ups come within an hour.",
)
