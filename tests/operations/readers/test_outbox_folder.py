"""Erasing empties the outbox folder of its reader, whatever dies meanwhile."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from digest.config import Settings
from digest.domain.shared.addresses import parse
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.readers import privacy, subscribing
from digest.operations.running.forgetting import forget_in_time
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from tests.conftest import TUESDAY

ALICE, BOB = "alice@example.org", "bob@example.org"


def to_whom(settings: Settings) -> list[str]:
    """Of all messages but receipts."""
    paths = [path for path in settings.outbox_path.iterdir() if not path.name.endswith("-erased.eml")]
    heads = [path.read_text().split("\n\n")[0] for path in paths]
    return sorted(line[4:] for head in heads for line in head.splitlines() if line.startswith("To: "))


def deliver(db: Database, settings: Settings) -> None:
    deliver_waiting(db, settings, open_transport(settings), lambda: TUESDAY)


def ask_and_erase(db: Database, settings: Settings) -> None:
    """Both ask, and their messages leave; a crash leaves a part of another one; Alice is erased, and asks again."""
    for number, address in enumerate((ALICE, BOB)):
        subscribing.ask(Context(db, settings, TUESDAY), parse(address), f"192.0.{number}.7", "a test")
    deliver(db, settings)
    (settings.outbox_path / ".message-9-welcome.eml.0a1b").write_text(f"Subject: Hello\nTo: {ALICE}\n")
    assert to_whom(settings) == [ALICE, ALICE, BOB]
    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    later = Context(db, settings, TUESDAY + timedelta(minutes=1))
    subscribing.ask(later, parse(ALICE), "198.51.100.1", "a test")


def test_files_to_who_was_erased_go_and_what_they_ask_for_later_stays(db: Database, settings: Settings) -> None:
    ask_and_erase(db, settings)
    deliver(db, settings)
    assert to_whom(settings) == [BOB]
    deliver_waiting(db, settings, open_transport(settings), lambda: TUESDAY + timedelta(hours=2))
    assert to_whom(settings) == [ALICE, BOB], "a confirmation that was asked for after the erasure"


def test_a_worker_that_dies_over_it_leaves_the_rest_to_the_next(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_and_erase(db, settings)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", _died)
        deliver(db, settings)
    assert to_whom(settings) == [ALICE, ALICE, BOB]
    with db.writing() as session:
        session.query(Message).update({Message.retry_at: 0.0})
    deliver(db, settings)
    assert to_whom(settings) == [BOB]


def _died(*_: object, **__: object) -> None:
    raise OSError("the disk is gone")


def test_a_receipt_stays_an_hour(db: Database, settings: Settings) -> None:
    privacy.erase(Context(db, settings, TUESDAY), ALICE, "a test")
    deliver(db, settings)
    settings.outbox_path.mkdir(exist_ok=True)
    receipt = settings.outbox_path / "message-00000001-erased.eml"
    receipt.write_text("To: x")
    os.utime(receipt, (TUESDAY.timestamp(), TUESDAY.timestamp()))
    forget_in_time(Context(db, settings, TUESDAY + timedelta(hours=1)))
    assert receipt.exists()
    forget_in_time(Context(db, settings, TUESDAY + timedelta(hours=1, seconds=1)))
    assert not receipt.exists()
