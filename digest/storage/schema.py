"""The schema as a whole: every table imported once, and Alembic's doors to bring a database up to it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from digest.storage import (
    batches,
    consents,
    deliveries,
    demo_marks,
    desk_sessions,
    editions,
    editors,
    heartbeats,
    history,
    installations,
    issues,
    journals,
    messages,
    publications,
    selections,
    settlements,
    signups,
    subscribers,
    summaries,
    suppressions,
    tallies,
    topics,
)
from digest.storage.base import Base
from digest.storage.database import Database

metadata = Base.metadata

__all__ = ["at_head", "differences", "downgrade", "metadata", "upgrade"]

_TABLES = (
    batches, consents, deliveries, demo_marks, desk_sessions, editions, editors, heartbeats, history, installations,
    issues, journals, messages, publications, selections, settlements, signups, subscribers,
    summaries, suppressions, tallies, topics,
)  # fmt: skip


def upgrade(database: Database, migrations: Path, revision: str = "head") -> None:
    """Bring the database up to `revision`. Safe to run again."""
    command.upgrade(_config(database, migrations), revision)


def downgrade(database: Database, migrations: Path, revision: str) -> None:
    """Take the database back to `revision`."""
    command.downgrade(_config(database, migrations), revision)


def at_head(database: Database, migrations: Path) -> bool:
    """Whether every migration has been applied."""
    heads = ScriptDirectory.from_config(_config(database, migrations)).get_heads()
    with database.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


def differences(database: Database) -> list[str]:
    """What the database's tables lack or have over the models; empty when they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, metadata)]


def _config(database: Database, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["engine"] = database.engine
    return config
