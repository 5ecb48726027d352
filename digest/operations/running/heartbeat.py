"""The clock's sign of life."""

from __future__ import annotations

from digest.storage.base.database import Database, database_now
from digest.storage.running.heartbeats import beat


def note_heartbeat(db: Database, owner: str) -> None:
    """Note that this clock is alive, by the database's time."""
    with db.writing() as session:
        beat(session, owner, database_now(session))
