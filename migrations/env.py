"""How Alembic reaches our database: the models come from `digest.storage.running.schema`, the engine from whoever asks.

`digest db` brings its own; Alembic's command brings none, and gets the one that the settings name.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Literal

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from digest import config
from digest.operations.running.startup import open_as_it_is
from digest.storage.base.model import UTCDateTime
from digest.storage.running.schema import metadata


def migrate() -> None:
    """Run the asked-for migrations in one transaction."""
    with asked_engine() as engine, engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Rebuilding a parent table would delete its children by cascade while foreign keys are on, and
            # SQLite ignores this pragma inside a transaction: so it comes first, on the bare connection.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=metadata,
                render_as_batch=True,
                render_item=plain_type,
                process_revision_directives=number,
                # Alembic takes SQLite for a database that can't undo DDL and commits after each migration; it can.
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
                if sqlite:
                    refuse_orphans(connection)
        finally:
            if sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


@contextmanager
def asked_engine() -> Iterator[Engine]:
    """The engine that was handed over, or that of this installation's settings."""
    if engine := context.config.attributes.get("engine"):
        yield engine
        return
    with closing(open_as_it_is(config.load())) as database:
        yield database.engine


def number(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """Let a new revision be named by the next number, unless it was given a name."""
    if not getattr(context.config.cmd_opts, "rev_id", None):
        head = ScriptDirectory.from_config(context.config).get_current_head()
        directives[0].rev_id = f"{int(head or 0) + 1:04}"


def plain_type(kind: str, item: object, _autogen_context: object) -> str | Literal[False]:
    """Write our own column types as SQLAlchemy's, so that old migrations never depend on today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def refuse_orphans(connection: Connection) -> None:
    """Raise if a migration left a row that points nowhere; the transaction is rolled back."""
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise RuntimeError(f"The migration would leave rows without their parent: {orphans[:5]}. Nothing was changed.")


migrate()
