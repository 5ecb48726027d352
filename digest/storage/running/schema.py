"""The schema as a whole: every table imported once, and Alembic's doors to bring a database up to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.schema import SchemaItem

from digest.storage.accounting import settlements
from digest.storage.archive import search_index, word_pairs
from digest.storage.base import rate_limits
from digest.storage.base.database import Database
from digest.storage.base.model import ONLY_ON, Base
from digest.storage.base.patience import Busy
from digest.storage.events import sendgrid_status
from digest.storage.guard import installations, journals
from digest.storage.issues import history, issues, link_checks, selections
from digest.storage.messages import alerts, messages, outgoing_events
from digest.storage.people import audit, desk_sessions, editors
from digest.storage.readers import consents, reader_imports, reader_links, signups, subscribers
from digest.storage.running import backups, branding, demo_marks, heartbeats
from digest.storage.running.revisions import UnknownRevision, must_be_known
from digest.storage.sending import batches, deliveries, editions
from digest.storage.sources import (
    acts,
    hosts,
    kept_answers,
    leads,
    newsletters,
    rules,
    sitemap_memories,
    sources,
    stories,
)
from digest.storage.suppressions import lists_read, suppressions
from digest.storage.writing import (
    other_names,
    publications,
    revisions,
    summaries,
    supersedings,
    topics,
    working_copies,
    writers_seen,
)

metadata = Base.metadata

_TABLES = (
    acts,
    alerts,
    audit,
    backups,
    batches,
    branding,
    consents,
    deliveries,
    demo_marks,
    desk_sessions,
    editions,
    editors,
    heartbeats,
    history,
    hosts,
    installations,
    issues,
    journals,
    kept_answers,
    leads,
    link_checks,
    lists_read,
    messages,
    newsletters,
    other_names,
    outgoing_events,
    publications,
    rate_limits,
    reader_imports,
    reader_links,
    revisions,
    rules,
    search_index,
    selections,
    sendgrid_status,
    settlements,
    signups,
    sitemap_memories,
    sources,
    stories,
    subscribers,
    summaries,
    supersedings,
    suppressions,
    topics,
    word_pairs,
    working_copies,
    writers_seen,
)


_PATIENCE, _PAUSE = 120.0, 1.0
"""Seconds for which a migration asks for its locks again and again, and for which others may go on in between."""


def upgrade(database: Database, migrations: Path, revision: str = "head") -> None:
    """Bring the database up to `revision`, while others read and write. Safe to run again.

    Raises UnknownRevision for a newer program's database, Busy where others let no migration have its turn.
    """
    must_be_known(database, migrations)
    _in_turn(lambda: command.upgrade(_config(database, migrations), revision))


def downgrade(database: Database, migrations: Path, revision: str) -> None:
    """Take the database back to `revision`, such as -1 for one step. Raises UnknownRevision, and then does nothing."""
    must_be_known(database, migrations)
    try:
        _in_turn(lambda: command.downgrade(_config(database, migrations), revision))
    except CommandError as error:
        known = [script.revision for script in _scripts(database, migrations).walk_revisions()]
        raise UnknownRevision(
            f"The database can’t be taken back to “{revision}” ({error}). Use -1 for one step, base for an empty "
            f"database, or one of {', '.join(reversed(known))}."
        ) from None


def differences(database: Database) -> list[str]:
    """What the database's tables lack or have over the models; empty when they agree."""
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": belongs_on(connection.dialect.name)}
        context = MigrationContext.configure(connection, opts=opts)
        return [str(difference) for difference in compare_metadata(context, metadata)]


def belongs_on(dialect: str) -> Callable[..., bool]:
    """As Alembic asks of each thing in the models: whether databases of this kind have it."""

    def belongs(thing: SchemaItem, *_: object) -> bool:
        return bool(thing.info.get(ONLY_ON, dialect) == dialect)

    return belongs


def _in_turn(migrate: Callable[[], None]) -> None:
    """Migrate; where somebody holds a lock that it needs, let go and come again: what was applied stays applied."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return migrate()
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE)


def _scripts(database: Database, migrations: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(database, migrations))


def _config(database: Database, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["engine"] = database.writer
    return config
