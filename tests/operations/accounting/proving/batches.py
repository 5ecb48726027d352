"""Sixty readers in one batch, and what SendGrid says of it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.sending.batches import Batch, BatchState
from digest.storage.sending.deliveries import Delivery
from tests.loopback.events import Event, events_of
from tests.loopback.journal import Copy, Received
from tests.loopback.sendgrid import LoopbackSendGrid

READERS = 60


def one_event(sendgrid: LoopbackSendGrid, name: str = "processed", of: int = 0) -> list[Event]:
    """The first event of one accepted request."""
    return list(events_of(sendgrid.accepted[of : of + 1], [name]))[:1]


def put(db: Database, state: BatchState) -> None:
    """Let every batch be in this state, by somebody's word."""
    with db.writing() as session:
        session.execute(update(Batch).values(state=state, retry_at=0.0))


def claimed(db: Database, settings: Settings, issue_id: int) -> Claim:
    """A sender's claim of the issue's batch."""
    [claim] = take_turn(Context(db, settings, datetime.now(UTC)), issue_id, Claimant("a sender"), (), [new_key()])
    return claim


def events_of_claim(claim: Claim) -> list[Event]:
    """What SendGrid would report of a claim's copies."""
    args = {
        "digest_issue": claim.issue_date.isoformat(),
        "digest_batch": str(claim.batch_id),
        "digest_attempt": claim.attempt_id,
    }
    of_readers = zip(claim.copies.deliveries, claim.copies.addresses, strict=True)
    copies = tuple(Copy(address, args | {"digest_delivery": str(delivery)}) for delivery, address in of_readers)
    at = datetime.now(UTC).timestamp()
    received = Received(0, at, "POST", "/v3/mail/send", 202, True, True, message_id="abc", copies=copies)
    return list(events_of([received], ["processed"]))


def make_readers_of_another_batch(db: Database, issue_id: int) -> None:
    """Split the issue's batch into two."""
    with db.writing() as session:
        [first] = session.query(Batch).all()
        second = Batch(issue_id=issue_id, edition_id=first.edition_id, size=READERS // 2)
        session.add(second)
        session.flush()
        session.execute(update(Delivery).where(Delivery.id % 2 == 0).values(batch_id=second.id))
        first.size -= second.size
