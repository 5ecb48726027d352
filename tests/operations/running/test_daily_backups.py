"""The clock's backups: one a day, as many kept as asked for, one a week proven, and a failure told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.config import Settings
from digest.operations.running.backing_up import back_up, back_up_before_upgrade, back_up_daily, check_backup
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.running.backups import last_backup, last_proof
from tests import postgresql
from tests.conftest import Mailbox
from tests.factories import make_editor, make_readers

NIGHT = datetime(2024, 5, 14, 2, 30, tzinfo=UTC)
"""03:30 in London."""
DAY = timedelta(days=1)


@pytest.fixture
def ours(db: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation that keeps three backups."""
    monkeypatch.setenv("PATH", postgresql.programs(), prepend=":")
    make_editor(db, "alice@digest.test")
    make_readers(db, settings, 3)
    return replace(settings, backup_path=tmp_path / "backups", backup_keep=3)


def backups(ours: Settings) -> list[Path]:
    assert ours.backup_path is not None
    return sorted(ours.backup_path.iterdir())


def test_one_a_day_is_made_by_whoever_comes_first_and_three_are_kept(db: Database, ours: Settings) -> None:
    for number in range(5):
        for minutes in (0, 1, 90):
            back_up_daily(Context(db, ours, NIGHT + number * DAY + timedelta(minutes=minutes)))
    made = backups(ours)
    assert [path.name.partition("-2024-05-")[2] for path in made] == [f"{day}T023000Z.backup" for day in (16, 17, 18)]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in made)
    assert check_backup(made[-1]).contents.rows["subscribers"] == 3


def test_before_three_in_the_morning_it_is_yesterdays(db: Database, ours: Settings) -> None:
    back_up_daily(Context(db, ours, NIGHT))
    back_up_daily(Context(db, ours, NIGHT + timedelta(hours=23)))
    assert len(backups(ours)) == 1
    back_up_daily(Context(db, ours, NIGHT + timedelta(hours=23, minutes=45)))
    assert len(backups(ours)) == 2


def test_one_a_week_is_proven(db: Database, ours: Settings) -> None:
    proofs = []
    for number in range(9):
        back_up_daily(Context(db, ours, NIGHT + number * DAY))
        with db.reading() as session:
            proofs.append(last_proof(session))
    assert proofs == [NIGHT] * 7 + [NIGHT + 7 * DAY] * 2


def test_a_failure_is_told_once_tried_again_after_an_hour_and_over_with_the_next_backup(
    db: Database, ours: Settings, mailbox: Mailbox
) -> None:
    assert ours.backup_path is not None
    ours.backup_path.write_text("a file where the folder should be")
    for minutes in (0, 5, 61, 122):
        back_up_daily(Context(db, ours, NIGHT + timedelta(minutes=minutes)))
    told = mailbox.to("alice@digest.test")
    assert [message["Subject"] for message in told] == ["Privacy Digest: Today’s backup failed"]
    ours.backup_path.unlink()
    back_up_daily(Context(db, ours, NIGHT + timedelta(minutes=130)))
    assert not ours.backup_path.exists()
    back_up_daily(Context(db, ours, NIGHT + timedelta(minutes=190)))
    with db.reading() as session:
        backup = last_backup(session)
        assert backup is not None
        assert (backup.path, backup.fault) == (str(backups(ours)[0]), None)


def test_two_upgrades_within_a_second_keep_a_backup_each(db: Database, ours: Settings) -> None:
    for fraction in (0, 1):
        back_up_before_upgrade(Context(db, ours, NIGHT + timedelta(milliseconds=fraction)))
    assert len(backups(ours)) == 2


def test_backups_of_others_in_the_folder_are_let_be(db: Database, ours: Settings) -> None:
    assert ours.backup_path is not None
    ours.backup_path.mkdir()
    for name in ("digest-00000000-2020-01-01T023000Z.backup", "before-the-upgrade.backup", "notes.txt"):
        (ours.backup_path / name).touch()
    back_up(Context(db, ours, NIGHT), ours.backup_path / "by-hand.backup")
    for number in range(5):
        back_up_daily(Context(db, ours, NIGHT + number * DAY))
    assert len(backups(ours)) == 3 + 4
