"""The pace of a send, kept with its issue so that all senders share it; and the probe after an unknown outcome."""

from __future__ import annotations

import logging

from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import IssueState
from digest.domain.sending.pace import PROBING, START, Pace
from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.interface import Transport
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue, issue_for_change

PROBE_LEASE = 15.0
"""Seconds until another sender may probe; longer than a probe takes."""
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_MOST_DOUBLINGS = 8

log = logging.getLogger(__name__)


def pace_of(issue: Issue) -> Pace:
    """How many requests the issue may have in flight."""
    return Pace(issue.pace, issue.pace_gentle)


def set_pace(issue: Issue, pace: Pace) -> None:
    """Write another pace; the issue must be locked for change."""
    issue.pace, issue.pace_gentle = pace.allowed, pace.gentle


def ask_for_probe(issue: Issue) -> None:
    """After an unknown outcome: nothing more is claimed until a probe that begins after this is answered."""
    set_pace(issue, PROBING)
    issue.probe_key, issue.probe_at, issue.probe_tries = "", 0.0, 0


def probe_if_due(db: Database, transport: Transport, issue_id: int) -> bool:
    """Ask SendGrid a harmless question, if it is time; returns whether sending may go on, with one batch."""
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        at = database_now(session)
        if issue.state != IssueState.SENDING or not pace_of(issue).probing or issue.probe_at > at:
            return False
        key = issue.probe_key = new_key()
        issue.probe_at = at + PROBE_LEASE
        issue.probe_tries += 1
    answered = transport.probe()
    with db.writing() as session:
        return _note_probe(session, issue_for_change(session, issue_id), key, answered)


def _note_probe(session: Session, issue: Issue, key: str, answered: bool) -> bool:
    if issue.probe_key != key:
        return False
    if answered:
        if issue.probe_tries > 1:
            log.warning("SendGrid answers the probe again, after %s tries", issue.probe_tries)
        set_pace(issue, START)
        issue.probe_tries = 0
        return True
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(issue.probe_tries - 1, _MOST_DOUBLINGS))
    issue.probe_at = database_now(session) + wait
    if issue.probe_tries == 1:
        log.warning("SendGrid does not answer the probe; asked again in %.0f s, then at growing intervals", wait)
    return False
