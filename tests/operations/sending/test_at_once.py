"""Many at once, each with connections of its own, as threads and as processes: everything once, and nobody stuck."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from digest.config import Settings
from digest.domain.shared import addresses
from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.deadline import ticking
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.people.password_hashing import Places
from digest.operations.people.signing_in import TRIES_FROM_ONE_NETWORK, NotSignedIn, sign_in
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import ask, choose_topics, leave
from digest.operations.running.sending_now import report
from digest.operations.sending.claiming import Claimant, claim
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import Ending, send_issue
from digest.operations.sending.stopping import resume_send, stop_send
from digest.operations.shared.context import Context, Process, Work
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message
from digest.storage.readers.subscribers import Subscriber, lock_subscribers
from digest.storage.sending.claims import claimable_batches, mark_claimed
from digest.storage.writing.publications import Publication
from digest.storage.writing.topics import Topic
from tests.cli.shell import Shell
from tests.conftest import TUESDAY, through
from tests.factories import make_issue, make_readers, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid

ALICE = "alice@digest.test"
T = TypeVar("T")


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


def together(settings: Settings, *deeds: Callable[[Database], T]) -> list[T]:
    """What each comes back with; all begin at the same moment. What one of them raises is raised here."""
    ready = threading.Barrier(len(deeds))

    def one(deed: Callable[[Database], T]) -> T:
        with closing(Database(settings.database_url)) as own:
            ready.wait(60)
            return deed(own)

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def closed_issue(db: Database) -> int:
    return make_issue(db, summary_ids=[make_summary(db)])


def frozen_issue(db: Database, settings: Settings, batch_size: int) -> int:
    issue_id = closed_issue(db)
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE, batch_size) is Freeze.FROZEN
    return issue_id


def send(db: Database, settings: Settings, issue_id: int) -> Ending:
    with closing(open_transport(settings)) as transport:
        return send_issue(Process(db, settings, transport, lambda: datetime.now(UTC)), issue_id)


def test_two_clocks_freeze_once(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 50)
    issue_id = closed_issue(db)
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    came = together(settings, *[lambda own: freeze(Context(own, settings, TUESDAY), issue_id, ALICE)] * 4)
    assert sorted(came) == [Freeze.FROZEN] + [Freeze.NOT_CLOSED] * 3
    assert report(db, issue_id).audience == report(db, issue_id).waiting == 50


def test_one_address_asked_for_many_times_at_once_is_one_reader_with_one_message(
    db: Database, settings: Settings
) -> None:
    zoe = addresses.parse("zoe@example.org")
    together(settings, *[lambda own: ask(Context(own, settings, TUESDAY), zoe, "192.0.2.7", "/")] * 8)
    with db.reading() as session:
        assert session.query(Subscriber).count() == 1
        assert [message.recipient for message in session.query(Message)] == ["zoe@example.org"]


def test_guesses_made_at_once_get_no_further_than_in_turn(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.operations.people.password_hashing.STRANGERS", Places(12, of_one_network=12))

    def guess(own: Database) -> object:
        return sign_in(Context(own, settings, TUESDAY), ALICE, "wrong", "192.0.2.0/24", "")

    said = together(settings, *[guess] * 12)
    assert said.count(NotSignedIn.WRONG) == TRIES_FROM_ONE_NETWORK
    assert said.count(NotSignedIn.TOO_OFTEN) == 12 - TRIES_FROM_ONE_NETWORK
    assert db


def test_names_that_several_editors_bring_at_once_are_made_once(db: Database, settings: Settings) -> None:
    made = together(settings, *[lambda own: make_summary(own, publication="Le Monde", topics=["AI", "Courts"])] * 8)
    assert len(set(made)) == 8
    with db.reading() as session:
        assert [publication.name for publication in session.query(Publication)] == ["Le Monde"]
        assert sorted(topic.name for topic in session.query(Topic)) == ["AI", "Courts"]


@pytest.mark.only_on("postgresql")
def test_a_batch_in_somebodys_hands_is_passed_over(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 6)
    issue_id = frozen_issue(db, settings, 2)
    with closing(Database(settings.database_url)) as other, db.writing() as first, other.writing() as second:
        at = database_now(first)
        mine = {batch.id for batch in claimable_batches(first, issue_id, 1, at, 1)}
        theirs = {batch.id for batch in claimable_batches(second, issue_id, 1, at, 10)}
        mark_claimed(second, list(theirs))
    assert (len(mine), len(theirs)) == (1, 2)
    assert not mine & theirs


@pytest.mark.only_on("postgresql")
@pytest.mark.on_both
@pytest.mark.parametrize("change", ["stopped_at", "paused_until", "pace"])
def test_nothing_is_claimed_by_what_was_read_before_a_stop(db: Database, settings: Settings, change: str) -> None:
    make_readers(db, settings, 6)
    issue_id = frozen_issue(db, settings, 2)
    with db.writing() as session:
        session.get_one(Issue, issue_id).pace = None
    with closing(Database(settings.database_url)) as other, db.writing() as sender:
        issue, at = sender.get_one(Issue, issue_id), database_now(sender)
        with other.writing() as session:
            values = {"stopped_at": TUESDAY, "paused_until": at + 60, "pace": 0}
            setattr(session.get_one(Issue, issue_id), change, values[change])
        found = claim(Work(sender, settings, TUESDAY), ticking(), at, issue, Claimant("a sender"), [new_key()])
    assert found.claims == ()


@pytest.mark.only_on("postgresql")
def test_who_changes_who_is_subscribed_waits_for_their_turn(db: Database, settings: Settings) -> None:
    with closing(Database(settings.database_url)) as other, db.writing() as first, other.engine.connect() as second:
        lock_subscribers(first)
        asked = "SELECT pg_try_advisory_xact_lock(hashtext('subscribers'))"
        assert second.exec_driver_sql(asked).scalar_one() is False
        first.rollback()
        assert second.exec_driver_sql(asked).scalar_one() is True


def test_processes_that_send_at_once_double_nobody(
    db: Database, settings: Settings, environ: dict[str, str], sendgrid: LoopbackSendGrid
) -> None:
    readers = make_readers(db, settings, 300)
    issue_id = frozen_issue(db, settings, 5)
    shell = Shell({"PATH": os.environ["PATH"], **environ, "INSTANCE_PATH": str(settings.instance_path)})
    with ExitStack() as stack:
        senders = [stack.enter_context(shell.start("send", "--issue", "2024-05-17")) for _ in range(3)]
        said = [sender.communicate(timeout=120) for sender in senders]
    assert [sender.returncode for sender in senders] == [0, 0, 0], said
    assert sorted(sendgrid.addresses()) == readers
    assert not sendgrid.doubled()
    assert report(db, issue_id).accepted == 300


def test_senders_editors_and_readers_at_once_hold_each_other_up_nowhere(
    db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    readers = make_readers(db, settings, 200)
    issue_id = frozen_issue(db, settings, 4)
    with db.reading() as session:
        keys = [reader.link_key for reader in session.query(Subscriber).order_by(Subscriber.id)]

    def sender(own: Database) -> None:
        for _ in range(1_000):
            if send(own, settings, issue_id) is not Ending.PAUSED:
                return

    def impatient_editor(own: Database) -> None:
        with suppress(Refused):  # as soon as it is sent
            for _ in range(20):
                stop_send(own, TUESDAY, issue_id, ALICE)
                resume_send(own, TUESDAY, issue_id, ALICE)

    def erasing(own: Database) -> None:
        for address in readers[150:170]:
            erase(Context(own, settings, TUESDAY), address, "test")

    def leaving_and_choosing(own: Database) -> None:
        for key in keys[170:200]:
            choose_topics(Context(own, settings, TUESDAY), key, ["ai"], "test")
            leave(Context(own, settings, TUESDAY), key, leaving(settings), "test")

    together(settings, sender, sender, impatient_editor, erasing, leaving_and_choosing)
    after = report(db, issue_id)
    assert (after.difference, after.accepted + after.skipped, after.state) == (0, 200, "sent")
    assert after.accepted == len(sendgrid.addresses())
    assert not sendgrid.doubled()
