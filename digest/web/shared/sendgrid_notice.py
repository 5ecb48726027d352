"""What every page of the desk tells of the account with SendGrid while something is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.mail.sendgrid.account import Words, in_words
from digest.storage.events.sendgrid_status import sendgrid_status


@dataclass(frozen=True)
class SendGridNotice:
    """What is wrong, since when, and the report that says so."""

    words: Words
    at: datetime
    event: str


def sendgrid_notice(session: Session) -> SendGridNotice | None:
    """The trouble, until SendGrid says that all is well again or an admin has put it away."""
    found = sendgrid_status(session)
    if found is None or found.well or found.dismissed_by:
        return None
    return SendGridNotice(in_words(found.word), found.at, found.event)
