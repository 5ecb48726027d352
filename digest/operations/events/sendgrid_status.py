"""How the account with SendGrid stands: taken from its reports, told by every way but mail, put away by an admin.

Safe in any order and any number of times: the latest report decides, and of one second the one that says trouble.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from digest.domain.running.alerts import AlertKind, cause
from digest.mail.sendgrid.account import AccountChange, in_words
from digest.operations.messages.alerting import Sighting, end, sight
from digest.operations.shared.context import Context, Work
from digest.storage.base.database import Database
from digest.storage.events.sendgrid_status import (
    SendGridStatus,
    put_sendgrid_status,
    sendgrid_status,
    sendgrid_status_for_change,
)

log = logging.getLogger(__name__)


def take_account_changes(context: Context, changes: Sequence[AccountChange]) -> None:
    """Remember the latest of these reports if it is news, and tell the operator of what changes. On disk then."""
    if not changes:
        return
    latest = max(changes, key=_rank)
    with context.db.reading() as session:
        if not _is_later(latest, sendgrid_status(session)):
            return
    with context.db.writing() as session:
        before = sendgrid_status_for_change(session)
        if not _is_later(latest, before):
            return
        same = before is not None and before.word == latest.word
        told = not same and not (latest.well and (before is None or before.well))
        dismissed_by = before.dismissed_by if before and same else ""
        put_sendgrid_status(session, latest.word, latest.well, latest.at, latest.event, dismissed_by)
        if told:
            _tell(context.within(session), latest)


def dismiss_sendgrid_status(db: Database, who: str, event: str) -> None:
    """Put the notice of this report away; a later one is shown all the same."""
    with db.writing() as session:
        found = sendgrid_status_for_change(session)
        if found and found.event == event:
            found.dismissed_by = who


def _rank(change: AccountChange) -> tuple[datetime, bool, str]:
    return change.at, not change.well, change.event


def _is_later(change: AccountChange, known: SendGridStatus | None) -> bool:
    if known is None:
        return True
    again = bool(change.event) and change.event == known.event
    return not again and _rank(change) > (known.at, not known.well, known.event)


def _tell(work: Work, change: AccountChange) -> None:
    words = in_words(change.word)
    log.warning("%s (%s). %s", words.heading, change.word, words.meaning)
    which = cause(AlertKind.SENDGRID_ACCOUNT)
    if change.well:
        end(work, which, words.heading, [words.meaning])
        return
    link = ("Open the desk", f"{work.settings.site_url}/desk")
    sight(work, Sighting(which, words.heading, [words.meaning], link, by_mail=False), is_news=True)
