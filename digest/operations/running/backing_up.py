"""Backing up: one file while everything runs, by the clock each day; each week one is proven by restoring it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from digest.config.private import make_folder
from digest.domain.running.alerts import AlertKind, cause
from digest.domain.running.backup_times import (
    PROVEN_EVERY,
    TRIED_AGAIN_AFTER,
    backup_day,
    backup_name,
    is_backup_of,
)
from digest.operations.guard.journal import journal_path
from digest.operations.guard.restore_guard import claims_path
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.running.backup_files import (
    DATABASE_NAMES,
    KEYS,
    BackupManifest,
    BadBackup,
    unpacked,
    write_backup,
)
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.guard.installations import installation
from digest.storage.running.backup_copies import CopyFailed, copy_out, kind_of
from digest.storage.running.backups import (
    claim_backup,
    last_proof,
    note_backup,
    note_backup_fault,
    note_proof,
)

_TRIED_WITHIN = 2 * TRIED_AGAIN_AFTER


@dataclass(frozen=True)
class MadeBackup:
    """A backup that was made: where, how many bytes, and what is in it."""

    path: Path
    size: int
    manifest: BackupManifest


def back_up(context: Context, target: Path | None = None) -> MadeBackup:
    """Make a backup, by default under a name of its own in BACKUP_PATH. Raises Refused, and then leaves nothing.

    Journal and claims are copied after the database, since they must never be behind it.
    """
    target = target or _place(context)
    if target.exists():
        raise Refused(f"{target} is there already. Name another file; a backup never replaces one.")
    make_folder(target.parent)
    try:
        with TemporaryDirectory(prefix=".backup-", dir=target.parent) as folder:
            return _made(context, target, Path(folder))
    except CopyFailed as error:
        raise Refused(f"No backup was made. {error}") from None


def back_up_before_upgrade(context: Context) -> MadeBackup:
    """Make a backup that no daily one replaces, in BACKUP_PATH or else in the instance folder. Raises Refused.

    Its name has fractions of a second: two upgrades may come within one.
    """
    folder = context.settings.backup_path or context.settings.instance_path / "backups"
    try:
        return back_up(context, folder / f"before-upgrade-{context.now:%Y-%m-%dT%H%M%S.%fZ}.backup")
    except Refused as error:
        raise Refused(f"{error} The database was not changed. With a backup of your own, say --no-backup.") from None


def check_backup(file: Path) -> BackupManifest:
    """Read a backup from end to end: every sum, the whole database, every row counted. Raises Refused."""
    _must_be_a_file(file)
    try:
        with unpacked(file) as (manifest, _):
            return manifest
    except BadBackup as error:
        raise Refused(f"{error} Use another backup.") from None


def back_up_daily(context: Context) -> None:
    """Make today's backup in BACKUP_PATH if it is due and nobody has; then let old ones go, and prove one each week.

    What fails is told to the editors once for each cause and day, and tried again after an hour.
    """
    settings = context.settings
    if settings.backup_path is None:
        return
    day = backup_day(context.now, settings.schedule.zone)
    with context.db.writing() as session:
        if not claim_backup(session, day, socket.gethostname(), context.now, context.now - TRIED_AGAIN_AFTER):
            return
    try:
        made = back_up(context)
        with context.db.writing() as session:
            note_backup(session, day, context.now, str(made.path), made.size)
        _let_old_ones_go(settings.backup_path, settings.backup_keep, made.manifest.contents.epoch)
        _prove_weekly(context, day, made.path)
    except (Refused, OSError) as error:
        _tell_of_fault(context, day, str(error))


def _place(context: Context) -> Path:
    folder = context.settings.backup_path
    if folder is None:
        raise Refused("Where to? Name a file (`digest backup FILE`), or set BACKUP_PATH to a folder for backups.")
    with context.db.reading() as session:
        return folder / backup_name(installation(session).epoch, context.now)


def _made(context: Context, target: Path, folder: Path) -> MadeBackup:
    settings, kind = context.settings, kind_of(context.db)
    database = folder / DATABASE_NAMES[kind]
    contents = copy_out(context.db, database)
    files: dict[str, Path | bytes] = {database.name: database}
    files |= zip(KEYS, (settings.secret_key.encode(), settings.suppression_key.encode()), strict=True)
    for path in (journal_path(settings), claims_path(settings, contents.epoch)):
        if path.exists():
            files[path.name] = path.read_bytes() if path.name.startswith("claims-") else path
    manifest = BackupManifest(context.now, settings.site_url, kind, contents, {})
    try:
        write_backup(target, manifest, files)
    except FileExistsError:
        raise Refused(f"{target} is there already. Name another file; a backup never replaces one.") from None
    return MadeBackup(target, target.stat().st_size, manifest)


def _must_be_a_file(file: Path) -> None:
    if not file.is_file():
        raise Refused(f"{file} is not there. Give the path of a backup.")


def _let_old_ones_go(folder: Path, keep: int, epoch: str) -> None:
    ours = sorted(path for path in folder.iterdir() if is_backup_of(path.name, epoch))
    for path in ours[:-keep]:
        path.unlink(missing_ok=True)


def _prove_weekly(context: Context, day: date, file: Path) -> None:
    with context.db.reading() as session:
        proven = last_proof(session)
    if proven is not None and context.now - proven < PROVEN_EVERY:
        return
    check_backup(file)
    with context.db.writing() as session:
        note_proof(session, day, context.now)


def _tell_of_fault(context: Context, day: date, words: str) -> None:
    with context.db.writing() as session:
        is_news = note_backup_fault(session, day, words)
        paragraphs = [words, "The clock tries again in an hour. Until then the newest backup is an older one."]
        found = Sighting(cause(AlertKind.BACKUPS), "Today’s backup failed", paragraphs, good_for=_TRIED_WITHIN)
        sight(context.within(session), found, is_news)
