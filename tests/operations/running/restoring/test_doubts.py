"""What the folder knows of its database, and what follows where it knows nothing."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from digest import config
from digest.operations.guard.restore_guard import make_note, note_claims, noted
from digest.operations.issues.holding import release_issue
from digest.operations.running.restoring import Age, Recovered, recover
from digest.operations.shared.context import Context
from digest.storage.base.database import Database, database_now
from digest.storage.guard.installations import Count, installation
from digest.storage.issues.selections import append_selection
from digest.storage.running.heartbeats import beat
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.running.restores import ALICE, FRIDAY, NEXT_FRIDAY, NEXT_SEND, READERS, SEND, SOON, Installation


def test_without_its_file_a_database_that_has_sent_holds_everything_once(
    ours: Installation, sendgrid: LoopbackSendGrid
) -> None:
    ours.tick(SEND)
    with ours.db.writing() as session:
        append_selection(session, ours.issue(NEXT_FRIDAY).id, 1)
    ours.claims_file().unlink()
    assert ours.recover() == Recovered(Age.DOUBTFUL, (NEXT_FRIDAY,), 0)
    assert ours.recover() is None
    release_issue(Context(ours.db, ours.settings, SOON), ours.issue(NEXT_FRIDAY).id, ALICE)
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


@pytest.mark.only_on("sqlite")  # whose backup is a file
def test_a_rehearsal_on_a_copy_goes_and_vouches_for_nothing(
    ours: Installation, environ: dict[str, str], sendgrid: LoopbackSendGrid, tmp_path: Path
) -> None:
    ours.tick(SEND)
    folder = tmp_path / "rehearsal"
    rehearsal = config.load(environ | {"INSTANCE_PATH": str(folder), "MAIL_REDIRECT_ALL": "me@example.org"}, tmp_path)
    copy = Installation(ours.db, rehearsal)
    folder.mkdir()
    Path(ours.back_up()).rename(folder / "digest.db")
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
    found = recover(Context(ours.db, shared, SOON))
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


@pytest.mark.only_on("sqlite")  # whose backup is a file
def test_two_installations_do_not_meddle(ours: Installation, environ: dict[str, str], tmp_path: Path) -> None:
    other_settings = config.load(environ | {"INSTANCE_PATH": str(tmp_path / "other")}, tmp_path)
    (tmp_path / "other").mkdir(exist_ok=True)
    backup = ours.back_up()
    (tmp_path / "other" / "digest.db").write_bytes(Path(backup).read_bytes())
    other = Installation(Database(other_settings.database_url), other_settings)
    assert other.recover(TUESDAY) is None
    ours.tick(SEND)
    ours.restore(backup)
    assert ours.recover() is not None
    assert other.recover() is None
    assert not other.issue().on_hold
    other.db.close()


def test_the_count_never_goes_back(ours: Installation) -> None:
    with ours.db.reading() as session:
        epoch = installation(session).epoch
    for claims in (5, 3):
        note_claims(ours.settings, Count(epoch, claims))
    make_note(ours.settings, Count(epoch, 1))
    known = noted(ours.settings, epoch)
    assert known is not None
    assert known.claims == 5
