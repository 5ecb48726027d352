"""Alice's copy, and what SendGrid reports of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.storage.base.database import Database
from tests.loopback.events import Event, events_of
from tests.loopback.sendgrid import LoopbackSendGrid

ALICE = "alice@example.org"


def hashed(settings: Settings, address: str = ALICE) -> str:
    return fingerprint(address, settings.suppression_key)


def to_alice(sendgrid: LoopbackSendGrid, *names: str, **changes: object) -> list[Event]:
    """These events of Alice's copy, with some fields changed; None leaves a field out."""
    events = [event for event in events_of(sendgrid.accepted, names) if event["email"] == ALICE]
    return [{name: value for name, value in (event | changes).items() if value is not None} for event in events]


def deliver(db: Database, settings: Settings) -> None:
    with closing(open_transport(settings)) as transport:
        deliver_waiting(db, settings, transport, lambda: datetime.now(UTC))
