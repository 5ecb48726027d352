"""SendGrid's own lists are read before a freeze: a bounce whose webhook was lost costs nobody a second one."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from digest import config
from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.mail.outgoing.interface import ListPage, SuppressionList, Transport, UnreadList
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.running.sending_now import prepare
from digest.operations.running.tick import tick
from digest.operations.shared.context import Context, Process
from digest.operations.suppressions.suppressing import pull_before_freeze, pull_lists
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue
from digest.storage.readers.subscribers import SubscriberState, audience_size, subscriber_with_address
from digest.storage.suppressions.lists_read import lists_read
from digest.storage.suppressions.suppressions import Suppression
from tests.conftest import TUESDAY, through
from tests.factories import make_issue, make_readers, make_subscriber, make_summary
from tests.loopback.faults import Hang, Refusal, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid

ALICE, BOB, CAROL = (f"reader{number:06d}@example.org" for number in range(3))
FRIDAY = datetime(2024, 5, 17, 7, 0, tzinfo=UTC)
LISTS = ("bounces", "spam_reports", "invalid_emails")


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def transport(settings: Settings) -> Iterator[Transport]:
    with closing(open_transport(settings)) as opened:
        yield opened


@pytest.fixture
def issue(db: Database, settings: Settings) -> int:
    """Friday's issue, closed, for three readers."""
    make_readers(db, settings, 3)
    issue_id = make_issue(db, summary_ids=[make_summary(db)], introduction="One story.")
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    return issue_id


def enter(sendgrid: LoopbackSendGrid, name: str, address: str, at: datetime = TUESDAY) -> None:
    sendgrid.account.suppressed[name].append({"email": address, "created": int(at.timestamp())})


def tick_on_friday(db: Database, settings: Settings, transport: Transport, now: datetime = FRIDAY) -> None:
    tick(Process(db, settings, transport, lambda: now))


def told(db: Database, issue_id: int) -> list[str]:
    """What the issue's history says of the lists."""
    with db.reading() as session:
        return [line.what for line in history_of(session, issue_id) if line.who == "SendGrid’s own lists"]


def suppressions(db: Database) -> dict[str, tuple[str, str]]:
    with db.reading() as session:
        return {row.address_hash: (row.reason, row.source) for row in session.query(Suppression)}


def read_up_to(db: Database) -> dict[str, datetime]:
    with db.reading() as session:
        return {name: read_to for name, (read_to, _) in lists_read(session).items()}


def state_of(db: Database, issue_id: int) -> str:
    with db.reading() as session:
        return session.get_one(Issue, issue_id).state


def asked_for_lists(sendgrid: LoopbackSendGrid) -> int:
    return sum(request.path.startswith("/v3/suppression/") for request in sendgrid.requests)


def test_a_bounce_whose_webhook_was_lost_is_known_before_the_freeze(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    enter(sendgrid, "bounces", ALICE.upper())
    enter(sendgrid, "spam_reports", BOB)
    tick_on_friday(db, settings, transport)
    assert sendgrid.addresses() == [CAROL]
    key = settings.suppression_key
    assert suppressions(db) == {
        fingerprint(ALICE, key): ("bounce", "SendGrid’s list of bounces"),
        fingerprint(BOB, key): ("complaint", "SendGrid’s list of spam reports"),
    }
    assert told(db, issue) == ["were read before the send: 2 readers suppressed (1 bounced, 1 complained)"]
    assert read_up_to(db) == dict.fromkeys(LISTS, FRIDAY - timedelta(hours=48))


def test_the_suppressed_stay_subscribed_and_are_in_the_journal(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    assert issue
    enter(sendgrid, "invalid_emails", ALICE)
    tick_on_friday(db, settings, transport)
    with db.reading() as session:
        alice = subscriber_with_address(session, ALICE)
    assert alice
    assert alice.state == SubscriberState.CONFIRMED
    (line,) = (settings.instance_path / "journal.jsonl").read_text().splitlines()
    said = json.loads(line)
    assert (said["what"], said["address_hash"]) == ("suppressed", fingerprint(ALICE, settings.suppression_key))


def test_strangers_on_the_lists_are_not_kept(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    enter(sendgrid, "bounces", "stranger@example.org")
    tick_on_friday(db, settings, transport)
    assert suppressions(db) == {}
    assert not (settings.instance_path / "journal.jsonl").exists()
    assert told(db, issue) == ["were read before the send: nobody new to suppress"]


def test_the_next_reading_begins_two_days_before_the_last(
    db: Database, settings: Settings, transport: Transport, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    pull_lists(Context(db, settings, FRIDAY), transport)
    enter(sendgrid, "bounces", ALICE, FRIDAY - timedelta(hours=49))
    enter(sendgrid, "bounces", BOB, FRIDAY - timedelta(hours=47))
    pull_lists(Context(db, settings, FRIDAY + timedelta(days=7)), transport)
    assert list(suppressions(db)) == [fingerprint(BOB, settings.suppression_key)]


def test_a_list_of_many_pages_is_taken_over_whole(
    db: Database, settings: Settings, transport: Transport, sendgrid: LoopbackSendGrid
) -> None:
    for address in make_readers(db, settings, 1_100):
        enter(sendgrid, "bounces", address)
    make_subscriber(db, settings, "zoe@example.org")
    assert pull_lists(Context(db, settings, FRIDAY), transport).added.total() == 1_100
    with db.reading() as session:
        assert audience_size(session) == 1
    assert pull_lists(Context(db, settings, FRIDAY), transport).added.total() == 0


def test_a_list_too_long_for_its_time_keeps_no_other_from_being_read_and_is_gone_on_with(
    db: Database, settings: Settings, transport: Transport, sendgrid: LoopbackSendGrid
) -> None:
    *bounced, carol, dave = make_readers(db, settings, 3_002)
    enter(sendgrid, "spam_reports", carol)
    enter(sendgrid, "invalid_emails", dave)
    for number, address in enumerate(bounced):
        enter(sendgrid, "bounces", address, TUESDAY - timedelta(hours=number * 7919 % 30_011))
    sendgrid.misbehave(Hang(30), path="/v3/suppression/bounces", every=6)
    readings = (
        pull_lists(Context(db, settings, FRIDAY + timedelta(weeks=week)), transport, seconds=2) for week in range(30)
    )
    first = next(readings)
    assert first.troubles == [UnreadList(SuppressionList.BOUNCES, "SendGrid took too long")]
    assert {fingerprint(address, settings.suppression_key) for address in (carol, dave)} <= suppressions(db).keys()
    assert any(not reading.troubles for reading in readings)
    assert len(suppressions(db)) == 3_002


def test_the_first_reason_stays(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    enter(sendgrid, "bounces", ALICE)
    enter(sendgrid, "spam_reports", ALICE)
    tick_on_friday(db, settings, transport)
    assert [reason for reason, _ in suppressions(db).values()] == ["bounce"]
    assert told(db, issue) == ["were read before the send: 1 reader suppressed (1 bounced)"]


def test_a_key_that_may_not_read_them_is_told_and_the_send_goes_on(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    for name in LISTS:
        sendgrid.misbehave(Refusal(403), path=f"/v3/suppression/{name}")
    tick_on_friday(db, settings, transport)
    assert sorted(sendgrid.addresses()) == [ALICE, BOB, CAROL]
    assert told(db, issue) == [
        "could not be read before the send, not one of them; it goes on: bounces, spam reports, invalid emails: the "
        "API key may not read it (403): give it Suppressions, Read Access"
    ]
    assert read_up_to(db) == {}


def test_one_list_in_trouble_is_read_from_the_same_moment_next_time(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    enter(sendgrid, "bounces", ALICE)
    sendgrid.misbehave(ServerError(), path="/v3/suppression/spam_reports")
    tick_on_friday(db, settings, transport)
    assert sorted(sendgrid.addresses()) == [BOB, CAROL]
    assert "spam reports: SendGrid answered 503. Read: 1 reader suppressed (1 bounced)" in told(db, issue)[0]
    assert read_up_to(db).keys() == {"bounces", "invalid_emails"}


def test_a_silent_sendgrid_delays_the_freeze_no_longer_than_the_limit(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    sendgrid.misbehave(Hang(30), path="/v3/suppression/bounces")
    before = time.monotonic()
    pull_before_freeze(Context(db, settings, FRIDAY), transport, issue, seconds=0.2)
    assert time.monotonic() - before < 5
    assert "SendGrid took too long" in told(db, issue)[0]
    tick_on_friday(db, settings, transport)
    assert state_of(db, issue) == "sent"


def test_the_command_reads_them_too(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    enter(sendgrid, "bounces", ALICE)
    assert (
        prepare(Process(db, settings, transport, lambda: FRIDAY), None).words == "The issue of 17 May 2024: 2 readers."
    )
    assert told(db, issue) == ["were read before the send: 1 reader suppressed (1 bounced)"]


def test_two_clocks_tell_it_once_and_ask_once(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    pull_before_freeze(Context(db, settings, FRIDAY), transport, issue)
    pull_before_freeze(Context(db, settings, FRIDAY + timedelta(seconds=5)), transport, issue)
    assert len(told(db, issue)) == 1
    assert asked_for_lists(sendgrid) == len(LISTS)
    pull_before_freeze(Context(db, settings, FRIDAY + timedelta(hours=2)), transport, issue)
    assert len(told(db, issue)) == 2


def test_before_its_moment_nothing_is_asked(
    db: Database, settings: Settings, transport: Transport, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    tick_on_friday(db, settings, transport, FRIDAY - timedelta(seconds=1))
    assert asked_for_lists(sendgrid) == 0
    assert told(db, issue) == []


def test_a_fault_of_ours_keeps_no_issue_from_going(
    db: Database,
    settings: Settings,
    transport: Transport,
    issue: int,
    sendgrid: LoopbackSendGrid,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Spoilt:
        """A transport whose lists can't be read for a fault of ours."""

        def __getattr__(self, name: str) -> object:
            return getattr(transport, name)

        def suppressed(self, *_: object) -> Iterable[ListPage | UnreadList]:
            raise ZeroDivisionError

    with caplog.at_level(logging.ERROR):
        tick_on_friday(db, settings, Spoilt())  # type: ignore[arg-type]
    assert "could not be taken over; the send goes on" in caplog.text
    assert suppressions(db) == {}
    assert state_of(db, issue) == "sent"
    assert sorted(sendgrid.addresses()) == [ALICE, BOB, CAROL]


def test_a_folder_has_no_lists(db: Database, environ: dict[str, str], settings: Settings, issue: int) -> None:
    folder = config.load(environ | {"MAIL_TRANSPORT": "outbox"}, settings.instance_path.parent)
    tick_on_friday(db, folder, open_transport(folder))
    assert told(db, issue) == []
    assert read_up_to(db) == {}
    assert state_of(db, issue) == "sent"


def test_a_rehearsal_reads_them_as_the_real_send_would(
    db: Database, environ: dict[str, str], settings: Settings, issue: int, sendgrid: LoopbackSendGrid
) -> None:
    enter(sendgrid, "bounces", ALICE)
    rehearsal = config.load(environ | {"MAIL_REDIRECT_ALL": "you@example.org"}, settings.instance_path.parent)
    with closing(open_transport(rehearsal)) as transport:
        tick_on_friday(db, rehearsal, transport)
    assert sendgrid.addresses() == ["you@example.org"] * 2
    assert len(told(db, issue)) == 1
