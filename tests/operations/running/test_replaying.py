"""Who left after the backup stays out after it is restored: the journal brings partings back."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from digest.app import create_app
from digest.config import Settings
from digest.domain.shared import addresses
from digest.domain.shared.tokens import fingerprint
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.issues.closing import close_issue
from digest.operations.readers import consent_wordings
from digest.operations.readers.personal_data import what_we_hold
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import ask, confirm, leave
from digest.operations.running.replaying import replay
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.guard.journals import JournalRead
from digest.storage.messages.messages import Message
from digest.storage.readers.consents import ConsentRecord
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, SubscriberState, subscriber_with_address
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import Suppression, SuppressionReason
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_editor, make_issue, make_readers, make_subscriber, make_summary
from tests.operations.running.restores import ALICE, SEND, Installation

pytestmark = pytest.mark.only_on("sqlite")  # whose backup is a file

ZOE, YAN = "zoe@example.org", "yan@example.org"
LATER = TUESDAY + timedelta(hours=1)
NOON = TUESDAY + timedelta(hours=3)


@pytest.fixture
def ours(db: Database, settings: Settings) -> Installation:
    """Zoe and Yan read it."""
    for address in (ZOE, YAN):
        make_subscriber(db, settings, address)
    return Installation(db, settings)


def hashed(settings: Settings, address: str) -> str:
    return fingerprint(address, settings.suppression_key)


def reader(ours: Installation, address: str = ZOE) -> Subscriber | None:
    with ours.db.reading() as session:
        return subscriber_with_address(session, address)


def state(ours: Installation, address: str = ZOE) -> str | None:
    found = reader(ours, address)
    return found.state if found else None


def leaves(ours: Installation, address: str = ZOE, at: datetime = LATER) -> None:
    found = reader(ours, address)
    assert found
    leave(Context(ours.db, ours.settings, at), found.link_key, consent_wordings.leaving_in_one_click(), "one-click")


def signs_up(ours: Installation, at: datetime, address: str = ZOE, confirms: bool = True) -> None:
    ask(Context(ours.db, ours.settings, at), addresses.parse(address), "192.0.2.7", "/")
    with ours.db.reading() as session:
        key = session.scalars(select(SignUp.key).order_by(SignUp.id.desc())).first()
    assert key
    if confirms:
        confirm(Context(ours.db, ours.settings, at), key, "/confirm")


def test_who_unsubscribed_after_the_backup_is_out_again(ours: Installation) -> None:
    backup = ours.back_up()
    leaves(ours)
    ours.restore(backup)
    assert state(ours) == "confirmed"
    assert replay(Context(ours.db, ours.settings, NOON)) == 1
    found = reader(ours)
    assert found
    assert (found.state, found.unsubscribed_at) == ("unsubscribed", LATER)
    with ours.db.reading() as session:
        last = what_we_hold(session, ours.settings, found).consent[-1]
    assert (last.step, last.at, last.place, last.wording_version) == ("unsubscribed", NOON, "the journal", "journal 2")
    assert last.answer == "left on 2024-05-14 10:00 UTC"
    assert state(ours, YAN) == "confirmed"


def test_who_was_erased_after_the_backup_is_gone_again(ours: Installation) -> None:
    issue_id = make_issue(ours.db, summary_ids=[make_summary(ours.db)])
    close_issue(Context(ours.db, ours.settings, TUESDAY), issue_id, ALICE)
    freeze(Context(ours.db, ours.settings, TUESDAY), issue_id, ALICE)
    signs_up(ours, TUESDAY, "new@example.org")
    backup = ours.back_up()
    for address in (ZOE, "new@example.org"):
        erase(Context(ours.db, ours.settings, LATER), address, "her own wish")
    ours.restore(backup)
    replay(Context(ours.db, ours.settings, NOON))
    with ours.db.reading() as session:
        assert [found.address for found in session.scalars(select(Subscriber))] == [YAN]
        assert session.scalars(select(SignUp)).all() == []
        assert session.scalars(select(ConsentRecord)).all() == []
        others = session.scalars(select(Message).where(Message.recipient != YAN))
        assert {found.kind for found in others} == {"erasure"}, "what the outbox is still to be emptied of"
        assert set(session.scalars(select(Delivery.address))) == {None, YAN}
        assert {(found.address_hash, found.reason) for found in session.scalars(select(Suppression))} == {
            (hashed(ours.settings, address), "erasure") for address in (ZOE, "new@example.org")
        }


def test_who_was_suppressed_after_the_backup_is_suppressed_again(ours: Installation) -> None:
    note_parting(ours.settings, LATER, Parting.SUPPRESSED, [hashed(ours.settings, ZOE)], SuppressionReason.BOUNCE)
    note_parting(ours.settings, LATER, Parting.SUPPRESSED, [hashed(ours.settings, "gone@example.org")])
    assert replay(Context(ours.db, ours.settings, NOON)) == 2
    with ours.db.reading() as session:
        found = {row.address_hash: (row.reason, row.source) for row in session.scalars(select(Suppression))}
    assert found == {
        hashed(ours.settings, ZOE): ("bounce", "the journal"),
        hashed(ours.settings, "gone@example.org"): ("objection", "the journal"),
    }


def test_who_left_and_came_back_before_the_backup_stays(ours: Installation) -> None:
    leaves(ours)
    signs_up(ours, LATER + timedelta(minutes=1))
    backup = ours.back_up()
    ours.restore(backup)
    assert state(ours) == "confirmed"
    assert replay(Context(ours.db, ours.settings, NOON)) == 0
    assert state(ours) == "confirmed"


def test_who_left_came_back_and_left_after_the_backup_is_out(ours: Installation) -> None:
    leaves(ours)
    signs_up(ours, LATER + timedelta(minutes=1))
    backup = ours.back_up()
    leaves(ours, at=LATER + timedelta(minutes=2))
    ours.restore(backup)
    assert replay(Context(ours.db, ours.settings, NOON)) == 1
    assert state(ours) == "unsubscribed"


def test_a_sign_up_that_waits_in_the_backup_brings_nobody_back(ours: Installation) -> None:
    signs_up(ours, TUESDAY, "new@example.org", confirms=False)
    backup = ours.back_up()
    leaves(ours, "new@example.org")
    ours.restore(backup)
    replay(Context(ours.db, ours.settings, NOON))
    assert state(ours, "new@example.org") == "unsubscribed"
    with ours.db.reading() as session:
        key = session.scalars(select(SignUp.key)).one()
    confirm(Context(ours.db, ours.settings, NOON), key, "/confirm")
    assert state(ours, "new@example.org") == "unsubscribed"


def test_in_an_ordinary_week_nothing_is_done_twice(ours: Installation) -> None:
    leaves(ours)
    assert replay(Context(ours.db, ours.settings, NOON)) == 0
    with ours.db.reading() as session:
        assert len(session.scalars(select(ConsentRecord)).all()) == 1
        assert session.scalars(select(JournalRead.bytes)).one() > 0
    signs_up(ours, NOON)
    assert replay(Context(ours.db, ours.settings, NOON)) == 0
    assert state(ours) == "confirmed"


def test_the_first_tick_after_a_restore_sends_nothing_to_those_who_left(
    ours: Installation, clock: time_machine.Traveller
) -> None:
    make_issue(ours.db, summary_ids=[make_summary(ours.db)])
    backup = ours.back_up()
    leaves(ours)
    ours.restore(backup)
    clock.move_to(SEND)
    ours.tick(SEND)
    mailbox = Mailbox(ours.settings, ours.db)
    assert mailbox.to(ZOE) == []
    assert len(mailbox.to(YAN)) == 1


@pytest.mark.parametrize("erased", [True, False])
def test_a_message_that_waits_in_the_backup_never_goes_to_who_left(
    ours: Installation, clock: time_machine.Traveller, erased: bool
) -> None:
    for address in ("new@example.org", "other@example.org"):
        signs_up(ours, TUESDAY, address, confirms=False)
    backup = ours.back_up()
    if erased:
        erase(Context(ours.db, ours.settings, LATER), "new@example.org", "her own wish")
    else:
        leaves(ours, "new@example.org")
    ours.restore(backup)
    clock.move_to(NOON)
    create_app(ours.settings, with_postman=False).extensions["digest"].db.close()
    mailbox = Mailbox(ours.settings, ours.db)
    assert mailbox.to("new@example.org") == []
    assert len(mailbox.to("other@example.org")) == 1


def test_a_long_journal_is_read_in_chunks(ours: Installation) -> None:
    gone = make_readers(ours.db, ours.settings, 2_300)
    note_parting(ours.settings, LATER, Parting.UNSUBSCRIBED, [hashed(ours.settings, address) for address in gone])
    assert replay(Context(ours.db, ours.settings, NOON)) == 2_300
    assert replay(Context(ours.db, ours.settings, NOON)) == 0
    with ours.db.reading() as session:
        confirmed = select(Subscriber.address).where(Subscriber.state == SubscriberState.CONFIRMED)
        assert set(session.scalars(confirmed)) == {ZOE, YAN}


def test_a_last_line_cut_short_waits_and_spoils_no_other(ours: Installation) -> None:
    path = ours.settings.instance_path / "journal.jsonl"
    note_parting(ours.settings, LATER, Parting.UNSUBSCRIBED, [hashed(ours.settings, YAN)])
    with path.open("ab") as file:
        file.write(b'{"at": "2024-05-14T10:0')
    assert replay(Context(ours.db, ours.settings, NOON)) == 1
    assert replay(Context(ours.db, ours.settings, NOON)) == 0
    note_parting(ours.settings, LATER, Parting.UNSUBSCRIBED, [hashed(ours.settings, ZOE)])
    assert replay(Context(ours.db, ours.settings, NOON)) == 1
    assert state(ours) == "unsubscribed"


BAD = [
    "not JSON", "[1]", "{}", "[" * 3_000, "x" * 20_000,
    '{"at": "2024-05-14T10:00:00", "what": "unsubscribed", "address_hash": "aa"}',
    '{"at": "2024-05-14T10:00:00+00:00", "what": "flown", "address_hash": "aa"}',
    '{"at": "2024-05-14T10:00:00+00:00", "what": "erased", "address_hash": 7}',
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=lambda line: line[:12])
def test_a_line_that_cannot_be_read_is_named_and_stops_no_other(
    ours: Installation, caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    make_editor(ours.db, ALICE)
    note_parting(ours.settings, LATER, Parting.UNSUBSCRIBED, [hashed(ours.settings, YAN)])
    path = ours.settings.instance_path / "journal.jsonl"
    place = path.stat().st_size
    with path.open("a") as file:
        file.write(f"{bad}\n\n")
    note_parting(ours.settings, LATER, Parting.UNSUBSCRIBED, [hashed(ours.settings, ZOE)])
    with caplog.at_level(logging.ERROR):
        assert replay(Context(ours.db, ours.settings, NOON)) == 2
        assert replay(Context(ours.db, ours.settings, NOON)) == 0
    [line] = caplog.messages
    assert f"at byte {place}" in line
    assert ours.notices() == ["The journal has lines that can’t be read"]


def test_lines_of_the_first_version_still_hold(ours: Installation) -> None:
    line = {"at": "2024-05-14T10:00:00+00:00", "what": "unsubscribed", "address_hash": hashed(ours.settings, ZOE)}
    (ours.settings.instance_path / "journal.jsonl").write_text(json.dumps(line) + "\n")
    assert replay(Context(ours.db, ours.settings, NOON)) == 1


def test_lines_of_a_later_version_hold_for_what_this_one_knows_of_them(ours: Installation) -> None:
    line = {"at": "2024-05-14T10:00:00+00:00", "what": "unsubscribed", "address_hash": hashed(ours.settings, ZOE)}
    later = line | {"version": 2, "mood": {"of": "a later program"}}
    (ours.settings.instance_path / "journal.jsonl").write_text(json.dumps(later) + "\n")
    assert replay(Context(ours.db, ours.settings, NOON)) == 1
    assert state(ours) == "unsubscribed"


def test_a_journal_that_was_cut_or_begun_anew_is_read_from_its_beginning(ours: Installation) -> None:
    path = ours.settings.instance_path / "journal.jsonl"
    leaves(ours, YAN)
    note_parting(ours.settings, LATER, Parting.SUPPRESSED, ["b" * 64])
    replay(Context(ours.db, ours.settings, NOON))
    first = path.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(first)
    assert replay(Context(ours.db, ours.settings, NOON)) == 0
    note_parting(ours.settings, LATER, Parting.SUPPRESSED, ["c" * 64])
    assert replay(Context(ours.db, ours.settings, NOON)) == 1
    path.unlink()
    note_parting(ours.settings, NOON, Parting.UNSUBSCRIBED, [hashed(ours.settings, ZOE)])
    assert replay(Context(ours.db, ours.settings, NOON)) == 1


def test_a_tick_reads_the_journal_without_a_restore_too(ours: Installation) -> None:
    """A commit that failed after its line was written: the reader did ask to go."""
    note_parting(ours.settings, LATER, Parting.UNSUBSCRIBED, [hashed(ours.settings, ZOE)])
    ours.tick(datetime(2024, 5, 14, 12, tzinfo=UTC))
    assert state(ours) == "unsubscribed"
