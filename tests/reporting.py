"""An issue that was sent through the loopback SendGrid, and what the site knows after events have come."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime

from sqlalchemy import select

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.running.sending_now import report
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process
from digest.storage.accounting.settlements import Settlement
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import Suppression
from tests.conftest import TUESDAY, through
from tests.factories import make_issue, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import public_key

FRIDAY = date(2024, 5, 17)


def both_ways(sendgrid: LoopbackSendGrid) -> dict[str, str]:
    """The settings of an installation that sends through this SendGrid and hears its events."""
    return through(sendgrid) | {"SENDGRID_WEBHOOK_KEY": public_key()}


def frozen_issue(db: Database, settings: Settings, send_date: date = FRIDAY, batch_size: int = 1000) -> int:
    """An issue of one summary, frozen for whoever is subscribed."""
    issue_id = make_issue(db, send_date, [make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    assert freeze(Context(db, settings, TUESDAY), issue_id, "alice@digest.test", batch_size) is Freeze.FROZEN
    return issue_id


def send(db: Database, settings: Settings, issue_id: int) -> None:
    """Send until nothing is left to do."""
    with closing(open_transport(settings)) as transport:
        send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id)


def account(db: Database, issue_id: int) -> dict[str, int]:
    """The parts of the issue's account that are not zero; they add up."""
    found = report(db, issue_id)
    assert found.difference == 0
    parts = ("accepted", "failed", "skipped", "unknown", "held", "waiting")
    return {part: getattr(found, part) for part in parts if getattr(found, part)}


def fates(db: Database) -> dict[str | None, tuple[str | None, str | None]]:
    """Each copy's fate and its reason, by address."""
    with db.reading() as session:
        rows = session.execute(select(Delivery.address, Delivery.fate, Delivery.fate_reason)).all()
        return {address: (fate, reason) for address, fate, reason in rows}


def suppressions(db: Database) -> dict[str, str]:
    """Every suppression's reason by hash."""
    with db.reading() as session:
        return dict(session.execute(select(Suppression.address_hash, Suppression.reason)).all())


def settlements(db: Database, issue_id: int) -> list[Settlement]:
    """The decisions about the issue's batches."""
    with db.reading() as session:
        asked = select(Settlement).join(Batch, Batch.id == Settlement.batch_id).where(Batch.issue_id == issue_id)
        return list(session.scalars(asked.order_by(Settlement.id)))


def history(db: Database, issue_id: int) -> list[str]:
    """What SendGrid's events wrote into the issue's history."""
    with db.reading() as session:
        return [entry.what for entry in history_of(session, issue_id) if entry.who == "SendGrid's events"]


def batches(db: Database, issue_id: int) -> list[Batch]:
    """The issue's batches in order."""
    with db.reading() as session:
        return list(session.execute(select(Batch).where(Batch.issue_id == issue_id).order_by(Batch.id)).scalars())


def journal(settings: Settings) -> list[tuple[str, str]]:
    """What the journal says of whom: pairs of what happened and a hash."""
    path = settings.instance_path / "journal.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    entries = [json.loads(line) for line in lines]
    return [(entry["what"], entry["address_hash"]) for entry in entries]
