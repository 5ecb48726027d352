"""Claiming: one short transaction that gives a batch to this sender for a while, before any byte leaves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.domain.tokens import new_key
from digest.mail.rendering import Rendered, Tags
from digest.mail.sendgrid import DEADLINE_SECONDS
from digest.operations.composing import tags_from_json
from digest.storage.batches import Attempt, Batch, BatchState, attempts_out_of_lease, claimable_batch, close_attempt
from digest.storage.database import Database, database_now
from digest.storage.deliveries import Copy, copies_in, skip_those_who_left
from digest.storage.editions import Edition
from digest.storage.issues import Issue

LEASE_SECONDS = 45.0
"""How long an attempt counts as under way, in the database's time; longer than any request may take."""


@dataclass(frozen=True)
class Claim:
    """A batch in hand: everything a request needs, so that no row is looked at while it is under way."""

    issue_date: date
    batch_id: int
    attempt_id: str
    rendered: Rendered
    tags: Tags
    copies: Sequence[Copy]
    deadline: float
    """On this process's monotonic clock: after it, nothing may be sent under this claim."""


def claim(db: Database, now: datetime, issue_id: int, owner: str) -> Claim | None:
    """The next batch of the issue that may go, claimed; None if there is none now.

    Readers who left since the freeze are skipped; a batch that they all left is done with.
    """
    while True:
        deadline = time.monotonic() + DEADLINE_SECONDS
        with db.writing() as session:
            _expire_leases(session, now, issue_id)
            batch = claimable_batch(session, issue_id, database_now(session))
            if batch is None:
                return None
            batch.skipped += skip_those_who_left(session, batch.id)
            copies = copies_in(session, batch.id)
            if not copies:
                batch.state = BatchState.SKIPPED
                continue
            return _claimed(session, now, batch, copies, owner, deadline)


def _claimed(
    session: Session, now: datetime, batch: Batch, copies: Sequence[Copy], owner: str, deadline: float
) -> Claim:
    attempt = Attempt(
        id=new_key(),
        batch_id=batch.id,
        owner=owner,
        lease_until=database_now(session) + LEASE_SECONDS,
        started_at=now,
    )
    session.add(attempt)
    batch.state = BatchState.CLAIMED
    batch.tries += 1
    edition = session.get_one(Edition, batch.edition_id)
    return Claim(
        issue_date=session.get_one(Issue, batch.issue_id).send_date,
        batch_id=batch.id,
        attempt_id=attempt.id,
        rendered=Rendered(edition.subject, edition.text, edition.html),
        tags=tags_from_json(edition.tags),
        copies=copies,
        deadline=deadline,
    )


def _expire_leases(session: Session, now: datetime, issue_id: int) -> None:
    """An attempt whose owner did not report in time may have been sent or not: held, never simply sent again."""
    for attempt, batch in attempts_out_of_lease(session, issue_id, database_now(session)):
        words = f"the sender {attempt.owner} did not report back within {LEASE_SECONDS:.0f} s"
        close_attempt(session, attempt.id, "unknown", now, None, "", words)
        batch.state, batch.because = BatchState.HELD, words
