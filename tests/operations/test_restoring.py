"""A database brought back from an older backup: nobody gets an issue twice, and a person decides what may have gone."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select

from digest import config
from digest.app import create_app
from digest.config import Settings
from digest.mail.outbox import Answer, Bulk, Outbox, Page, Single, Trouble
from digest.operations import restoring
from digest.operations.closing import close_issue
from digest.operations.epoch import make_note, note_claims, noted
from digest.operations.freezing import freeze
from digest.operations.refusal import Refused
from digest.operations.restoring import A_RESTORED_BACKUP, Age, Recovered, recover
from digest.operations.sending_now import report
from digest.operations.week import ensure_issue, move_issue, release_issue, send_now, skip_issue
from digest.storage.batches import Attempt, Batch, BatchState, Cause
from digest.storage.database import Database, database_now
from digest.storage.heartbeats import beat
from digest.storage.installations import Count, count_claims, installation
from digest.storage.issues import Issue
from digest.storage.messages import Message
from digest.storage.selections import append_selection
from tests.conftest import TUESDAY
from tests.factories import make_editor, make_issue, make_readers, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.restores import ALICE, FRIDAY, NEXT_FRIDAY, NEXT_SEND, SEND, SOON, Installation

pytestmark = pytest.mark.only_on("sqlite")  # whose backup is a file

READERS = 9


@pytest.fixture
def sendgrid() -> Iterator[LoopbackSendGrid]:
    with LoopbackSendGrid() as server:
        yield server


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | {
        "MAIL_TRANSPORT": "sendgrid",
        "SENDGRID_API_KEY": "SG.loopback",
        "SENDGRID_HOST": sendgrid.url,
        "SEND_CONCURRENCY": "1",
    }


@pytest.fixture
def ours(db: Database, settings: Settings) -> Iterator[Installation]:
    """Alice edits it, nine people read it, two summaries are on Friday's issue."""
    make_editor(db, ALICE)
    make_readers(db, settings, READERS)
    make_issue(db, FRIDAY, [make_summary(db, "Court annuls fine"), make_summary(db, "Cookie walls need a choice")])
    found = Installation(db, settings)
    found.recover(TUESDAY)
    yield found
    found.db.close()


HEADING = "The database was restored: what may have gone waits for you"
DOUBT = "The database may be an older copy: what may have gone waits for you"


def test_an_issue_that_went_after_the_backup_waits_for_a_person(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    assert len(sendgrid.addresses()) == READERS
    ours.restore(backup)
    for minutes in range(5):
        ours.tick(SOON + timedelta(minutes=minutes))
    assert not sendgrid.doubled()
    assert (ours.issue().state, ours.issue().held_by) == ("open", A_RESTORED_BACKUP)
    assert "a restored backup: put it on hold" in ours.history()
    assert ours.notices() == [HEADING]
    with pytest.raises(Refused, match="on hold, put there by a restored backup"):
        ours.prepare(SOON)


def test_the_same_backup_may_be_restored_again(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    for _ in range(2):
        ours.restore(backup)
        ours.tick(SOON)
        assert ours.issue().on_hold
    assert not sendgrid.doubled()


def test_an_issue_that_was_sent_early_waits_although_its_moment_lies_ahead(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    backup = ours.back_up()
    ours.prepare(TUESDAY)
    ours.tick(TUESDAY)
    assert len(sendgrid.addresses()) == READERS
    ours.restore(backup)
    ours.tick(TUESDAY + timedelta(hours=1))
    ours.tick(SEND)
    assert not sendgrid.doubled()
    assert ours.issue().held_by == A_RESTORED_BACKUP


def test_an_issue_that_was_moved_before_it_went_is_known_by_its_slot(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    wednesday, thursday = date(2024, 5, 15), date(2024, 5, 16)
    move_issue(ours.db, ours.settings, TUESDAY, ours.issue().id, thursday, ALICE)
    backup = ours.back_up()
    move_issue(ours.db, ours.settings, TUESDAY, ours.issue(thursday).id, wednesday, ALICE)
    ours.tick(SEND - timedelta(days=2))
    ours.restore(backup)
    ours.tick(SOON - timedelta(days=2))
    ours.tick(SEND - timedelta(days=1))
    assert len(sendgrid.addresses()) == READERS
    assert ours.issue(thursday).held_by == A_RESTORED_BACKUP


def test_a_word_to_send_now_from_before_the_backup_counts_no_more(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    send_now(ours.db, ours.settings, TUESDAY, ours.issue().id, ALICE)
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 1))
    ours.restore(backup)
    ours.tick(TUESDAY + timedelta(minutes=7))
    assert sendgrid.addresses() == []
    assert (ours.issue().send_now_at, ours.issue().held_by) == (None, A_RESTORED_BACKUP)


class BackingUp:
    """An outbox that makes a backup just before its nth request leaves."""

    def __init__(self, inner: Outbox, ours: Installation, nth: int) -> None:
        self._inner, self._ours, self._left = inner, ours, nth
        self.backup = Path()

    def send_bulk(self, bulk: Bulk) -> Answer:
        self._left -= 1
        if self._left == 0:
            self.backup = self._ours.back_up()
        return self._inner.send_bulk(bulk)

    def probe(self) -> bool:
        return self._inner.probe()

    def suppressed(self, since: datetime | None, deadline: float) -> Iterable[Page | Trouble]:
        return self._inner.suppressed(since, deadline)

    def send_single(self, single: Single) -> Answer:
        return self._inner.send_single(single)

    def close(self) -> None:
        """The test closes what is inside."""


def freeze_in_threes(ours: Installation) -> int:
    issue_id = ours.issue().id
    close_issue(ours.db, ours.settings, TUESDAY, issue_id, ALICE)
    freeze(ours.db, ours.settings, TUESDAY, issue_id, ALICE, batch_size=3)
    return issue_id


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_what_was_under_way_or_waited_in_the_backup_is_held(
    ours: Installation, sendgrid: LoopbackSendGrid, nth: int
) -> None:
    issue_id = freeze_in_threes(ours)
    taken: list[BackingUp] = []
    ours.tick(TUESDAY, lambda outbox: taken.append(BackingUp(outbox, ours, nth)) or taken[0])  # type: ignore[func-returns-value]
    assert len(sendgrid.addresses()) == READERS
    ours.restore(taken[0].backup)
    with ours.db.writing() as session:  # the lease of whoever was at it has run out meanwhile
        for attempt in session.scalars(select(Attempt)):
            attempt.lease_until = 1.0
    for minutes in range(3):
        ours.tick(SOON + timedelta(minutes=minutes))
    assert not sendgrid.doubled()
    cause = Cause.RESTORED if nth < 3 else Cause.SENDER_DIED
    expected = [(BatchState.ACCEPTED, "")] * (nth - 1) + [(BatchState.HELD, cause)] * (4 - nth)
    assert ours.states() == expected
    found = report(ours.db, issue_id)
    assert (found.held, found.difference) == (3 * (4 - nth), 0)
    with ours.db.reading() as session:
        assert None not in session.scalars(select(Attempt.outcome)).all()


def test_a_backup_from_between_freeze_and_first_claim_is_noticed(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    issue_id = freeze_in_threes(ours)
    backup = ours.back_up()
    ours.tick(TUESDAY)
    ours.restore(backup)
    ours.tick(SOON)
    assert not sendgrid.doubled()
    assert report(ours.db, issue_id).held == READERS


def test_a_backup_from_after_the_send_changes_nothing(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    ours.tick(SEND)
    backup = ours.back_up()
    ours.restore(backup)
    assert ours.recover() is None
    ours.tick(SOON)
    assert ours.issue().state == "sent"
    assert len(sendgrid.addresses()) == READERS


def test_next_weeks_issue_goes_by_itself(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    ours.tick(SOON)
    skip_issue(ours.db, ours.settings, SOON, ours.issue().id, ALICE, "it went")
    another = make_summary(ours.db, "A new story")
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, another)
    ours.tick(NEXT_SEND)
    assert ours.issue(NEXT_FRIDAY).state == "sent"
    assert len(sendgrid.addresses("2024-05-24")) == READERS
    assert not sendgrid.doubled()


def test_an_issue_that_did_not_go_is_not_held(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    ours.tick(SEND)
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, 1)
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 3))
    ours.restore(backup)
    assert ours.recover() == Recovered(Age.OLDER, (), 0)
    ours.tick(NEXT_SEND)
    assert len(sendgrid.addresses("2024-05-24")) == READERS


def test_a_released_issue_goes(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 1))
    ours.restore(backup)
    ours.tick(SEND)
    assert sendgrid.addresses() == []
    release_issue(ours.db, ours.settings, SOON, ours.issue().id, ALICE)
    ours.tick(SOON)
    assert len(sendgrid.addresses()) == READERS


def test_a_crash_between_the_commit_and_the_file_is_no_restore(ours: Installation, sendgrid: LoopbackSendGrid) -> None:
    with ours.db.writing() as session:
        count_claims(session, 4)
    assert ours.recover() is None
    with ours.db.reading() as session:
        epoch = installation(session).epoch
    known = noted(ours.settings, epoch)
    assert known is not None
    assert known.claims == 4
    ours.tick(SEND)
    assert len(sendgrid.addresses()) == READERS


def test_while_outcomes_are_open_every_look_makes_older_backups_show(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    """Else events that came after the backup would be missing, and silence would be taken for proof."""
    freeze_in_threes(ours)
    with ours.db.writing() as session:
        session.execute(select(Batch)).scalars().first().state = BatchState.UNKNOWN  # type: ignore[union-attr]
    backup = ours.back_up()
    ours.recover()
    ours.restore(backup)
    found = ours.recover()
    assert found is not None
    assert (found.age, found.batches) == (Age.OLDER, 3)
    assert sendgrid.addresses() == []


class Crash(Exception):
    """The machine went off."""


def test_a_crash_at_any_statement_of_recovering_is_made_good_by_the_next(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    freeze_in_threes(ours)
    backup = ours.back_up()
    ours.tick(TUESDAY)
    ours.restore(backup)
    survived = 0
    while True:
        left = survived + 1

        def crash(*_: Any) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Crash

        event.listen(ours.db.engine, "before_cursor_execute", crash)
        try:
            found = ours.recover()
            break
        except Crash:
            survived += 1
        finally:
            event.remove(ours.db.engine, "before_cursor_execute", crash)
    assert survived > 10
    assert found is not None
    assert found.batches == 3
    ours.tick(SOON)
    assert not sendgrid.doubled()
    assert ours.notices().count(HEADING) == 1


def test_a_crash_before_the_doubt_is_noted_repeats_it(ours: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.tick(SEND)
    ours.claims_file().unlink()

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(restoring, "make_note", crash)
        with pytest.raises(Crash):
            ours.recover()
    found = ours.recover()
    assert found is not None
    assert found.age is Age.DOUBTFUL
    assert ours.notices().count(DOUBT) == 1
    assert ours.recover() is None


def test_without_its_file_a_database_that_has_sent_holds_everything_once(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    ours.tick(SEND)
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, 1)
    ours.claims_file().unlink()
    assert ours.recover() == Recovered(Age.DOUBTFUL, (NEXT_FRIDAY,), 0)
    assert ours.recover() is None
    release_issue(ours.db, ours.settings, SOON, ours.issue(NEXT_FRIDAY).id, ALICE)
    ours.tick(NEXT_SEND)
    assert len(sendgrid.addresses("2024-05-24")) == READERS


def test_a_new_installation_is_no_restore(ours: Installation) -> None:
    ours.claims_file().unlink()
    assert ours.recover() is None
    assert not ours.issue().on_hold


def test_a_backup_from_before_the_count_is_noticed_in_its_old_folder(ours: Installation) -> None:
    """It gets an epoch of its own when its schema is brought up, and counts nothing."""
    ours.tick(SEND)
    with ours.db.writing() as session:
        found = installation(session)
        found.epoch, found.claims = "f" * 32, 0
    recovered = ours.recover()
    assert recovered is not None
    assert recovered.age is Age.DOUBTFUL


@pytest.mark.parametrize("content", [b"", b"12", b"x" * 31 + b"\n", b"5".rjust(31) + b"\nyesterday\n", b"\xff" * 40])
def test_a_file_that_cannot_be_understood_is_a_doubt(ours: Installation, content: bytes) -> None:
    ours.tick(SEND)
    ours.claims_file().write_bytes(content)
    assert ours.recover() == Recovered(Age.DOUBTFUL, (NEXT_FRIDAY,), 0)
    assert ours.recover() is None


def test_a_freeze_cut_short_in_the_file_is_no_doubt(ours: Installation) -> None:
    ours.tick(SEND)
    with ours.claims_file().open("ab") as file:
        file.write(b"2024-05-2")
    assert ours.recover() is None


def test_a_rehearsal_on_a_copy_goes_and_vouches_for_nothing(
    ours: Installation, environ: dict[str, str], sendgrid: LoopbackSendGrid, tmp_path: Path
) -> None:
    ours.tick(SEND)
    folder = tmp_path / "rehearsal"
    rehearsal = config.load(environ | {"INSTANCE_PATH": str(folder), "MAIL_REDIRECT_ALL": "me@example.org"}, tmp_path)
    copy = Installation(ours.db, rehearsal)
    folder.mkdir()
    ours.back_up().rename(folder / "digest.db")
    copy.db = Database(rehearsal.database_url)
    with copy.db.writing() as session:
        append_selection(session, copy.issue(NEXT_FRIDAY).id, 1)
    copy.tick(NEXT_SEND)
    assert sendgrid.addresses("2024-05-24") == ["me@example.org"] * READERS
    in_earnest = Installation(copy.db, config.load(environ | {"INSTANCE_PATH": str(folder)}, tmp_path))
    found = in_earnest.recover(NEXT_SEND)
    copy.db.close()
    assert found is not None
    assert found.age is Age.DOUBTFUL


@pytest.mark.parametrize("owner", ["another:7", None])
def test_a_host_that_joins_trusts_the_clock_of_another(ours: Installation, owner: str | None) -> None:
    ours.tick(SEND)
    ours.claims_file().unlink()
    with ours.db.writing() as session:
        beat(session, owner or f"{socket.gethostname()}:7", database_now(session))
    shared = replace(ours.settings, database_url="postgresql+psycopg://digest@db/digest")
    found = recover(ours.db, shared, SOON)
    assert (found is None) is (owner is not None)


def test_a_host_that_only_watches_knows_what_others_sent(ours: Installation, tmp_path: Path) -> None:
    watcher = Installation(ours.db, replace(ours.settings, instance_path=tmp_path / "watcher"))
    watcher.recover(TUESDAY)
    backup = ours.back_up()
    ours.tick(SEND)
    assert watcher.recover() is None
    ours.restore(backup)
    watcher.db = ours.db
    assert watcher.recover() == Recovered(Age.OLDER, (FRIDAY,), 0)


def test_two_installations_do_not_meddle(ours: Installation, environ: dict[str, str], tmp_path: Path) -> None:
    other_settings = config.load(environ | {"INSTANCE_PATH": str(tmp_path / "other")}, tmp_path)
    (tmp_path / "other").mkdir(exist_ok=True)
    backup = ours.back_up()
    (tmp_path / "other" / "digest.db").write_bytes(backup.read_bytes())
    other = Installation(Database(other_settings.database_url), other_settings)
    assert other.recover(TUESDAY) is None
    ours.tick(SEND)
    ours.restore(backup)
    assert ours.recover() is not None
    assert other.recover() is None
    assert not other.issue().on_hold
    other.db.close()


def test_the_site_recovers_when_it_starts(ours: Installation, clock: time_machine.Traveller) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    clock.move_to(SOON)
    create_app(ours.settings, with_postman=False).extensions["digest"].db.close()
    assert ours.issue().held_by == A_RESTORED_BACKUP


def test_an_issue_held_by_alice_stays_hers(ours: Installation) -> None:
    with ours.db.writing() as session:
        found = session.get_one(Issue, ours.issue().id)
        found.held_at, found.held_by = TUESDAY, ALICE
    backup = ours.back_up()
    with ours.db.writing() as session:
        note_claims(ours.settings, count_claims(session, 1))
    ours.restore(backup)
    assert ours.recover() == Recovered(Age.OLDER, (), 0)
    assert ours.issue().held_by == ALICE


def test_the_alert_says_it_too(ours: Installation) -> None:
    backup = ours.back_up()
    ours.tick(SEND)
    ours.restore(backup)
    recover(ours.db, replace(ours.settings, alert_url="https://alerts.example.org/digest"), SOON)
    with ours.db.reading() as session:
        [alert] = session.scalars(select(Message).where(Message.kind == "alert")).all()
    assert "Look in SendGrid" in alert.text


def test_the_count_never_goes_back(ours: Installation) -> None:
    with ours.db.reading() as session:
        epoch = installation(session).epoch
    for claims in (5, 3):
        note_claims(ours.settings, Count(epoch, claims))
    make_note(ours.settings, Count(epoch, 1))
    known = noted(ours.settings, epoch)
    assert known is not None
    assert known.claims == 5


def test_the_week_goes_on_where_nothing_was_lost(ours: Installation) -> None:
    ensure_issue(ours.db, ours.settings, TUESDAY)
    backup = ours.back_up()
    ours.restore(backup)
    assert ours.recover(TUESDAY) is None
    assert ours.notices() == []
