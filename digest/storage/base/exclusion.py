"""Being the only one who does something for longer than a transaction, without keeping anybody else from writing."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError


@contextmanager
def alone(engine: Engine, what: str) -> Iterator[bool]:
    """Whether nobody else does this on this database; until the block ends, nobody else can. Waits for nobody, and is
    let go by the death of the process, whatever it dies of.
    """
    with _on_sqlite(engine) if engine.dialect.name == "sqlite" else _on_postgresql(engine, what) as got:
        yield got


@contextmanager
def _on_sqlite(engine: Engine) -> Iterator[bool]:
    # Of the folder, not of the database's file: closing that would drop SQLite's own locks of this process on it
    # (https://www.sqlite.org/howtocorrupt.html, section 2.2).
    folder = os.open(Path(engine.url.database or "").absolute().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(folder)


@contextmanager
def _on_postgresql(engine: Engine, what: str) -> Iterator[bool]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = func.hashtext(what)
        got = bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar_one())
        try:
            yield got
        finally:
            if got:
                with suppress(DBAPIError):  # a server that is gone has let go, and what went wrong before is to be told
                    connection.execute(select(func.pg_advisory_unlock(key)))
