"""Bringing a whole site in from its exported folder, into an empty place.

It is a copy of a database that may have sent since, as a restored backup is: nothing that it had not sent goes by
itself (`restoring`), unless the one who imports says that nothing left since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.private import make_folder, write_whole
from digest.operations.guard.journal import journal_path
from digest.operations.guard.restore_guard import claims_in, claims_path, distrust, make_note, note_freezes
from digest.operations.running.backup_files import KEYS
from digest.operations.running.site_folder import (
    KEYS_FOLDER,
    SiteManifest,
    lines_of,
    must_be_whole,
    read_manifest,
    table_file,
)
from digest.operations.running.site_rows import TAKEN, UnreadableRow, rows_in
from digest.operations.running.taking_along import key_mark
from digest.operations.shared.refusal import Miscounted, Refused
from digest.storage.base.database import Database
from digest.storage.guard.installations import Count, installation
from digest.storage.issues.issues import frozen_dates
from digest.storage.running import revisions, schema, tables


@dataclass(frozen=True)
class BroughtIn:
    """What was imported, and what the one who did it has to know."""

    manifest: SiteManifest
    is_doubtful: bool
    """Whether what it has not sent waits for a person's word."""
    old_links_work: bool
    """Whether SECRET_KEY is the one that the links in old messages are signed with."""

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for table in self.manifest.tables.values())


def look_through(settings: Settings, folder: Path, migrations: Path) -> SiteManifest:
    """Read the whole folder, and see whether it fits here; nothing is changed. Raises Refused, with the remedy."""
    manifest = read_manifest(folder)
    if manifest.revision != (ours := revisions.newest(migrations)):
        raise Refused(
            f"The export is of a database at migration {manifest.revision}, this program’s is {ours}. Import it with "
            "the version that exported it, then upgrade. Nothing was imported."
        )
    if strange := set(manifest.tables) ^ {table.name for table in TAKEN}:
        raise Refused(f"{folder} has other tables than there are ({', '.join(sorted(strange))}). Nothing was imported.")
    must_be_whole(folder, manifest)
    _must_have_the_key(settings, manifest, folder)
    return manifest


def put_keys(settings: Settings, folder: Path) -> None:
    """Keep the keys that lie in the export, each where none is set; `look_through` has seen that they fit.

    A key that an empty site made for itself gives way: nothing is hashed or signed with it yet.
    """
    make_folder(settings.instance_path)
    for name in KEYS:
        key, ours = _key_in(folder, name), getattr(settings, name)
        if key and key != ours and (not ours or _gives_way(settings, name)):
            write_whole(settings.instance_path / name, key.encode())


def bring_in(
    settings: Settings, db: Database, folder: Path, migrations: Path, nothing_left_since: bool = False
) -> BroughtIn:
    """Fill the empty database with the site in `folder`: in one transaction, so all of it or nothing.

    `nothing_left_since`: the old site was stopped before it was exported, so its claims are believed. Raises Refused,
    and nothing was changed, for a database that holds anything.
    """
    manifest = look_through(settings, folder, migrations)
    _must_be_empty(db)
    schema.upgrade(db, migrations)
    with db.writing() as session:
        tables.clear_what_the_schema_brought(session)
        for table in TAKEN:
            _fill(session, table, folder, manifest)
        tables.look_at_the_rows(session)
        session.flush()
        count = Count(installation(session).epoch, installation(session).claims)
        is_doubtful, frozen = _doubts(settings, count, nothing_left_since), frozen_dates(session)
    if not is_doubtful:
        _vouch(settings, count, frozen)
    marks = {key_mark(key) for key in settings.signing_keys}
    return BroughtIn(manifest, is_doubtful, manifest.key_marks.get("secret_key") in marks)


def _must_be_empty(db: Database) -> None:
    if strangers := tables.foreign_tables(db):
        raise Refused(f"The database holds tables of something else ({strangers[0]}, …). {_EMPTY}")
    if filled := tables.filled_table(db):
        raise Refused(f"The database has content already (in {filled}). {_EMPTY}")


_EMPTY = "Nothing was imported; stop the site and the clock, make an empty database, and name it in DATABASE_URL."


def _must_have_the_key(settings: Settings, manifest: SiteManifest, folder: Path) -> None:
    """Without the key that hashes addresses, whoever left for good would be unknown, and could be mailed again."""
    fitting, brought = manifest.key_marks.get("suppression_key"), _key_in(folder, "suppression_key")
    if brought and key_mark(brought) == fitting and _gives_way(settings, "suppression_key"):
        return
    key = settings.suppression_key or brought
    if not key:
        raise Refused(
            "SUPPRESSION_KEY is not set, and not in the export. Take it from the old site: its setting, or the file "
            f"suppression_key in its INSTANCE_PATH; put that into {settings.instance_path}, secret_key beside it. "
            "Nothing was imported."
        )
    if key_mark(key) != fitting:
        raise Refused(
            "SUPPRESSION_KEY is not the old site’s, so no suppressed address would be known. Set the old one, or take "
            f"this one away (it may be {settings.instance_path / 'suppression_key'}). Nothing was imported."
        )


def _key_in(folder: Path, name: str) -> str:
    return _text_of(folder / KEYS_FOLDER / name)


def _text_of(path: Path) -> str:
    return path.read_text().strip() if path.is_file() else ""


def _gives_way(settings: Settings, name: str) -> bool:
    """Whether the key is one that was made here, of itself, and nothing depends on it."""
    made_here = _text_of(settings.instance_path / name)
    if not made_here or made_here != getattr(settings, name) or journal_path(settings).exists():
        return False
    database = Database(settings.database_url)
    try:
        return not tables.foreign_tables(database) and tables.filled_table(database) is None
    finally:
        database.close()


def _fill(session: Session, table: Table, folder: Path, manifest: SiteManifest) -> None:
    taken = manifest.tables[table.name]
    try:
        done = tables.put_rows(session, table, rows_in(table, lines_of(folder, table_file(table.name))))
    except UnreadableRow as error:
        raise Refused(f"{table_file(table.name)}: {error}. Nothing was imported.") from None
    except tables.Unfit as unfit:
        raise Refused(
            f"The database does not take a row of {unfit}. Nothing was imported; mend that row first."
        ) from None
    if done != taken.rows or tables.count_rows(session, table) != taken.rows:
        raise Miscounted(
            f"{table.name}: {taken.rows} rows were exported, {done} came. Nothing was imported; report it."
        )
    if taken.last_id is not None:
        tables.count_on_from(session, table, taken.last_id)


def _doubts(settings: Settings, count: Count, nothing_left_since: bool) -> bool:
    """Whether a person has to say first that this database may send; left beside it before the commit, since a file
    that doubts a database that never came to be harms nothing.
    """
    known = _known_claims(settings, count)
    if known is not None and known >= count.claims:
        return known != count.claims
    if not nothing_left_since:
        make_folder(settings.instance_path)
        distrust(settings, count.epoch)
    return not nothing_left_since


def _vouch(settings: Settings, count: Count, frozen: Iterable[tuple[date, date]]) -> None:
    """Leave beside the database that nothing left since: once it is there, or the same word would stand for whatever
    is imported after an import that failed.
    """
    if _known_claims(settings, count) != count.claims:
        make_note(settings, count, anew=True)
        note_freezes(settings, count, frozen)


def _known_claims(settings: Settings, count: Count) -> int | None:
    here = claims_path(settings, count.epoch)
    return claims_in(here) if here.exists() else None
