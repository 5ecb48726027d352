"""Databases of earlier releases, with what was in them: made by the migrations of that time, filled by its own rows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from sqlalchemy import inspect, make_url

from digest.config import Settings
from digest.config.private import make_file, make_folder, write_whole
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import schema

BEFORE_BACKUPS = "0011"
TAKEN = ("reader000000@example.org", "reader000001@example.org")
"""Whose copies SendGrid had taken before the upgrade, by batch 1."""
UNANSWERED = ("reader000002@example.org", "reader000003@example.org")
"""Whose copies SendGrid had taken too, by batch 2, and said nothing."""
_EPOCH = "0123456789abcdef" * 2


def make_release(settings: Settings, revision: str = BEFORE_BACKUPS, database_url: str = "") -> None:
    """That release's database, empty until now, and the claims file beside it."""
    url = make_url(database_url or settings.database_url)
    make_folder(settings.instance_path)
    if url.get_backend_name() == "sqlite":
        make_file(Path(str(url.database)))
    with closing(Database(url.render_as_string(hide_password=False))) as database:
        schema.upgrade(database, MIGRATIONS, revision)
        tables = inspect(database.engine).get_table_names()
        numbered = [name for name in tables if _is_numbered(database, name)]
    rows = (Path(__file__).parent / f"{revision}.sql").read_text()
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection:
            connection.executescript(rows)
    else:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as server:
            server.execute(f"SET TIME ZONE 'UTC'; {rows}".encode())
            for name in numbered:  # as if it had given the ids itself
                server.execute(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}".encode()  # noqa: S608
                )
    write_whole(settings.instance_path / f"claims-{_EPOCH}", f"{3:>31}\n2024-05-17 2024-05-17\n".encode())


def _is_numbered(database: Database, table: str) -> bool:
    return any(
        column["name"] == "id" and column.get("default") and "nextval" in str(column["default"])
        for column in inspect(database.engine).get_columns(table)
    )
