"""How Alembic reaches our database: the models come from `digest.storage.running.schema`, the engine from whoever asks.

`digest db` brings its own; Alembic's command brings none, and gets the one that the settings name.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Literal

from alembic import context
from alembic.migration import MigrationContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationInfo
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from digest import config
from digest.operations.running.startup import open_as_it_is
from digest.storage.base.model import UTCDateTime
from digest.storage.running.schema import belongs_on, metadata

_BEFORE_AND_AFTER = {
    # Rebuilding a parent table would delete its children by cascade while foreign keys are on.
    "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA foreign_keys=ON"),
    # Whoever waits for a table's lock keeps all from it who come later, readers included: rather give up, come again.
    # It is less than deadlock_timeout, so that of a page and a migration which wait for each other the page goes on.
    "postgresql": ("SET lock_timeout = '500ms'", "SET lock_timeout = DEFAULT"),
}


_LEAVES_NO_ORPHANS = re.compile(
    r"\s*(BEGIN|SELECT|PRAGMA|CREATE|DROP INDEX|ALTER TABLE \S+ ADD|(UPDATE|INSERT INTO|DELETE FROM) alembic_version)\b"
)
_MAY_LEAVE_ORPHANS = "digest_may_leave_orphans"


def migrate() -> None:
    """Run the asked-for migrations, each in a transaction of its own: the site goes on between two of them."""
    with asked_engine() as engine, engine.connect() as connection, prepared(connection):
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=belongs_on(connection.dialect.name),
            render_as_batch=True,
            render_item=plain_type,
            process_revision_directives=number,
            # Alembic takes SQLite for a database that can't undo DDL; it can.
            transactional_ddl=True,
            transaction_per_migration=True,
            on_version_apply=refuse_orphans,
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def prepared(connection: Connection) -> Iterator[None]:
    """The connection with what holds for migrations alone. Said outside any transaction, where SQLite heeds it."""
    before, after = _BEFORE_AND_AFTER[connection.dialect.name]
    event.listen(connection, "before_cursor_execute", look_at)
    say(connection, before)
    try:
        yield
    finally:
        connection.rollback()
        say(connection, after)


def look_at(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    """Note where a migration does more than add: only then may it leave rows without their parent."""
    if not _LEAVES_NO_ORPHANS.match(statement):
        connection.info[_MAY_LEAVE_ORPHANS] = True


def say(connection: Connection, words: str) -> None:
    """Have the driver say it, without a transaction of SQLAlchemy's, which Alembic would take for its caller's."""
    bare = connection.connection
    bare.cursor().execute(words)
    bare.commit()


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


def refuse_orphans(
    ctx: MigrationContext,
    step: MigrationInfo,  # noqa: ARG001 - as Alembic calls it
    heads: Collection[Any],  # noqa: ARG001
    run_args: Mapping[str, Any],  # noqa: ARG001
) -> None:
    """Raise if a migration left a row that points nowhere; its transaction is rolled back.

    That reads every row while nobody else can write, so it is left out where there can be none.
    """
    connection = ctx.connection
    if connection is None or connection.dialect.name != "sqlite" or not connection.info.pop(_MAY_LEAVE_ORPHANS, False):
        return
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise RuntimeError(f"The migration would leave rows without their parent: {orphans[:5]}. Nothing was changed.")


migrate()
