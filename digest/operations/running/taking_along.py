"""Taking a whole site along: every table as JSON lines, and what people open beside them, in a folder of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Table
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.private import FOLDER_MODE, make_folder
from digest.domain.shared.tokens import fingerprint
from digest.operations.issues.issue_files import export_issues
from digest.operations.readers.subscriber_files import export_subscribers
from digest.operations.running.backup_files import KEYS
from digest.operations.running.site_folder import (
    KEYS_FOLDER,
    README,
    SiteManifest,
    TableTaken,
    keep_names,
    table_file,
    write_file,
    write_manifest,
)
from digest.operations.running.site_readme import readme
from digest.operations.running.site_rows import TAKEN, as_line
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.sources.source_files import export_sources
from digest.operations.suppressions.suppression_files import list_suppressions
from digest.operations.writing.summary_files import export_summaries
from digest.storage.guard.installations import installation
from digest.storage.running import revisions, tables


def take_along(context: Context, target: Path, migrations: Path, with_keys: bool = False) -> SiteManifest:
    """Write the site into `target`, which appears whole or not at all, for its owner alone.

    All tables are of one moment, read a little at a time. `with_keys`: the two keys, too, which everything that was
    mailed is signed with. Raises Refused for a folder that holds anything, and for a database that lacks migrations.
    """
    _must_be_empty(target)
    if not revisions.at_head(context.db, migrations):
        raise Refused("The database lacks migrations. Run `digest db upgrade`, then export again. Nothing was written.")
    with _finished(target) as folder:
        sums = dict[str, str]()
        with context.db.reading() as session:
            taken = {table.name: _take(session, table, folder, sums) for table in TAKEN}
            claims = installation(session).claims
        for name, pieces in _for_people(context):
            sums[name] = write_file(folder, name, pieces)
        for name in KEYS if with_keys else ():
            path = f"{KEYS_FOLDER}/{name}"
            sums[path] = write_file(folder, path, [getattr(context.settings, name).encode()])
        revision, site = revisions.newest(migrations), context.settings.branding.name
        manifest = SiteManifest(site, revision, claims, key_marks(context.settings), taken, sums)
        write_manifest(folder, manifest)
    return manifest


def key_marks(settings: Settings) -> Mapping[str, str]:
    """Of each key a hash that tells another from it, and nothing of it."""
    return {name: key_mark(getattr(settings, name)) for name in KEYS}


def key_mark(key: str) -> str:
    """The mark of one key."""
    return fingerprint("the key of an exported site", key)


def _must_be_empty(target: Path) -> None:
    if _holds_something(target):
        raise Refused(f"{target} is there already, and holds something. Name a new folder. Nothing was written.")


def _holds_something(target: Path) -> bool:
    return target.exists() and (not target.is_dir() or any(target.iterdir()))


@contextmanager
def _finished(target: Path) -> Iterator[Path]:
    """A folder beside the target that takes its name at the end; gone if anything fails before."""
    make_folder(target.parent)
    with _unfinished(target) as folder:
        try:
            yield folder
            for each in (path for path in (*folder.rglob("*"), folder) if path.is_dir()):
                keep_names(each)
            folder.rename(target)  # an empty folder gives way, one that was filled meanwhile does not
            keep_names(target.parent)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            if _holds_something(target):
                raise Refused(f"{target} was filled by somebody else meanwhile ({error.strerror}).") from None
            raise
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """An empty folder that nobody else writes into. What an export left in it that was killed, readers' addresses
    among it, goes first.
    """
    folder = target.with_name(f".{target.name}.unfinished")
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield folder
    except BlockingIOError:
        raise Refused(f"{target} is being written by another export. Nothing was written.") from None
    finally:
        os.close(lock)


def _take(session: Session, table: Table, folder: Path, sums: dict[str, str]) -> TableTaken:
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for row in tables.rows_of(session, table):
            count += 1
            yield as_line(table, row)

    name = table_file(table.name)
    sums[name] = write_file(folder, name, lines())
    return TableTaken(count, tables.last_id(session, table))


def _for_people(context: Context) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What single commands export, as they do; the import of a site needs none of it."""
    yield README, [readme().encode()]
    yield "subscribers.csv", (line.encode() for line in export_subscribers(context.db))
    yield "suppressions.csv", (line.encode() for line in list_suppressions(context.db))
    yield "summaries.jsonl", (f"{line}\n".encode() for line in export_summaries(context.db))
    yield "issues.jsonl", (f"{line}\n".encode() for line in export_issues(context.db))
    yield "feeds.opml", [export_sources(context, context.settings.branding.name, dated=False)]
