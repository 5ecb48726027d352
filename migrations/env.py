"""How Alembic reaches our database: the engine comes from whoever asks, the models from our schema."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection

from digest.storage.base.model import UTCDateTime
from digest.storage.running.schema import metadata


def migrate() -> None:
    """Run the asked-for migrations in one transaction."""
    engine = context.config.attributes["engine"]
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Rebuilding a parent table would delete its children by cascade while foreign keys are on, and
            # SQLite ignores this pragma inside a transaction: so it comes first, on the bare connection.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        try:
            context.configure(
                connection=connection,
                target_metadata=metadata,
                render_as_batch=True,
                render_item=plain_type,
                # Alembic takes SQLite for a database that can't undo DDL and commits after each migration; it can.
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
                if sqlite:
                    refuse_orphans(connection)
        finally:
            if sqlite:
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


def plain_type(kind: str, item: object, _autogen_context: object) -> str | Literal[False]:
    """Write our own column types as SQLAlchemy's, so that old migrations never depend on today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def refuse_orphans(connection: Connection) -> None:
    """Raise if a migration left a row that points nowhere; the transaction is rolled back."""
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if orphans:
        raise RuntimeError(f"The migration would leave rows without their parent: {orphans[:5]}. Nothing was changed.")


migrate()
