"""Bringing a backup back into an empty place. What left since it was made is what nobody here can know.

So nothing of it goes by itself: where the place has no claims of its own, the backup's own are not believed, and what
was not sent then waits for a person's word (`restoring`). The journal is believed, and the longer one wins.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from digest.config import Settings
from digest.config.loose import database_file
from digest.config.private import FILE_MODE, make_folder, write_whole
from digest.operations.guard.journal import FILE_NAME, journal_path
from digest.operations.guard.restore_guard import claims_in, claims_path, distrust
from digest.operations.running.backup_files import DATABASE_NAMES, KEYS, BackupManifest, BadBackup, unpacked
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.running.backup_copies import POSTGRESQL, SQLITE, CopyFailed, is_empty, put_dump_back

_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class BroughtBack:
    """What was restored, and whether what it has not sent waits for a person's word."""

    manifest: BackupManifest
    is_doubtful: bool


def bring_back(settings: Settings, file: Path, nothing_left_since: bool = False) -> BroughtBack:
    """Restore a backup where the settings say that the installation is; the settings' keys may be empty.

    The database comes last, so a crash before leaves an empty place, and it can be run again. `nothing_left_since`: the
    old installation was stopped before the backup was made, so its claims are believed. Raises Refused, and nothing was
    changed, for a place that is not empty or has other keys, and for a damaged backup.
    """
    if not file.is_file():
        raise Refused(f"{file} is not there. Give the path of a backup.")
    make_folder(settings.instance_path)
    try:
        with unpacked(file, settings.instance_path) as (manifest, folder):
            _must_fit(settings, manifest, folder)
            _put_keys(settings, folder)
            _put_journal(settings, folder)
            is_doubtful = _put_claims(settings, manifest, folder, nothing_left_since)
            _put_database(settings, manifest, folder)
    except BadBackup as error:
        raise Refused(f"{error} Nothing was restored; use another backup.") from None
    except CopyFailed as error:
        raise Refused(f"Nothing was restored. {error}") from None
    return BroughtBack(manifest, is_doubtful)


def _must_fit(settings: Settings, manifest: BackupManifest, folder: Path) -> None:
    path = database_file(settings)
    if (path is None) != (manifest.kind == POSTGRESQL):
        raise Refused(
            f"The backup is of {_NAMES[manifest.kind]}, DATABASE_URL names {_NAMES[_other(manifest.kind)]}. Restore it "
            "into its own kind, then move it with `digest db copy`."
        )
    if path is not None:
        _must_have_no_file(path)
    else:
        _must_be_empty(settings)
    for name in KEYS:
        _must_be_the_key(settings, name, (folder / name).read_text())
    _must_be_the_journal(settings, folder)


def _must_have_no_file(path: Path) -> None:
    there = [each for each in (path, *(path.with_name(path.name + end) for end in _BESIDE)) if each.exists()]
    if any(each.stat().st_size for each in there):
        names = " ".join(str(each) for each in there)
        raise Refused(f"There is a database already. Stop everything, and move it away first, all of it: {names}")


def _must_be_empty(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        if not is_empty(database):
            raise Refused("The database at DATABASE_URL has tables already. Make an empty one, and name that.")
    finally:
        database.close()


def _must_be_the_key(settings: Settings, name: str, backed_up: str) -> None:
    ours = getattr(settings, name)
    if not ours or ours == backed_up or (name == "secret_key" and backed_up in settings.signing_keys):
        return
    where = settings.instance_path / name
    raise Refused(
        f"{name.upper()} here is not the backup’s: links in messages that were sent, or suppressed addresses, would "
        f"not be known. Take it out of the environment and `.env`, and move {where} away if it is there; then the "
        "backup’s is used."
    )


def _must_be_the_journal(settings: Settings, folder: Path) -> None:
    here, there = journal_path(settings), folder / FILE_NAME
    if here.exists() and there.exists() and not _begin_alike(here, there):
        raise Refused(
            f"{here} is another installation’s journal, and it can’t be merged with the backup’s. Name another "
            "INSTANCE_PATH, or move it away if nobody of this installation is in it."
        )


def _begin_alike(one: Path, other: Path) -> bool:
    """Whether one of two files is the beginning of the other."""
    left = min(one.stat().st_size, other.stat().st_size)
    with one.open("rb") as here, other.open("rb") as there:
        while left > 0:
            mine, theirs = here.read(min(left, 1 << 16)), there.read(min(left, 1 << 16))
            if mine != theirs or not mine:
                return False
            left -= len(mine)
    return True


def _put_keys(settings: Settings, folder: Path) -> None:
    """Only where none is set: on a server's database every host has them in its environment."""
    for name in KEYS:
        if not getattr(settings, name):
            write_whole(settings.instance_path / name, (folder / name).read_bytes())


def _put_journal(settings: Settings, folder: Path) -> None:
    here, there = journal_path(settings), folder / FILE_NAME
    if there.exists() and (not here.exists() or here.stat().st_size < there.stat().st_size):
        _move(there, here)


def _put_claims(settings: Settings, manifest: BackupManifest, folder: Path, nothing_left_since: bool) -> bool:
    """Returns whether what the database has not sent is to wait for a person's word."""
    epoch = manifest.contents.epoch
    here, there = claims_path(settings, epoch), folder / claims_path(settings, epoch).name
    if here.exists() and (claims_in(here) or 0) >= manifest.contents.claims:
        return claims_in(here) != manifest.contents.claims
    if nothing_left_since and there.exists():
        _move(there, here)
        return False
    distrust(settings, epoch)
    return True


def _put_database(settings: Settings, manifest: BackupManifest, folder: Path) -> None:
    kept = folder / DATABASE_NAMES[manifest.kind]
    if path := database_file(settings):
        make_folder(path.parent)
        _move(kept, path)
        return
    database = Database(settings.database_url)
    try:
        found = put_dump_back(database, kept)
        if found.rows != manifest.contents.rows:
            raise Refused("The server’s database has other rows than the backup. Empty it, and restore again.")
    finally:
        database.close()


def _move(source: Path, target: Path) -> None:
    """Put a file in its place, whole and on disk, though the two may be on different disks."""
    beside = target.with_name(f".{target.name}.restored")
    shutil.move(source, beside)
    beside.chmod(FILE_MODE)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(target)


def _other(kind: str) -> str:
    return SQLITE if kind == POSTGRESQL else POSTGRESQL


_NAMES = {SQLITE: "SQLite", POSTGRESQL: "PostgreSQL"}
