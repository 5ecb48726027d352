"""Sending copies, the first time and again, and what became of them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.sending.sender import send_issue
from digest.operations.sending.sending_again import Again, send_copy_again
from digest.operations.shared.context import Context, Process
from digest.storage.accounting.reader_copies import ReaderCopy, copies_of
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from digest.storage.readers.subscribers import subscriber_with_address
from tests.conftest import TUESDAY

ADA = "ada@digest.test"
ZOE, YAN = "zoe@example.org", "yan@example.org"
LATER = TUESDAY + timedelta(hours=1)


def send(db: Database, settings: Settings, issue_id: int) -> None:
    with closing(open_transport(settings)) as transport:
        send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id, wait=False)


def drain(db: Database, settings: Settings) -> None:
    with closing(open_transport(settings)) as transport:
        deliver_waiting(db, settings, transport, lambda: LATER)


def copy_of(db: Database, address: str = ZOE) -> ReaderCopy:
    with db.reading() as session:
        reader = subscriber_with_address(session, address)
        assert reader
        (copy,) = copies_of(session, reader.id)
        return copy


def again(
    db: Database, settings: Settings, now: datetime = LATER, may_double: bool = False, address: str = ZOE
) -> Again:
    return send_copy_again(Context(db, settings, now), copy_of(db, address).delivery_id, ADA, may_double)


def queued(db: Database) -> list[str]:
    with db.reading() as session:
        return [message.recipient for message in session.query(Message).filter_by(kind="digest")]
