"""An installation that is backed up and put back, as its operator does it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.interface import Transport
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.running.restoring import Recovered, recover
from digest.operations.running.sending_now import Ready, prepare
from digest.operations.running.tick import tick
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.guard.installations import installation
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue, issue_on
from digest.storage.messages.messages import Message
from digest.storage.sending.batches import Batch
from tests import postgresql
from tests.conftest import TUESDAY

ALICE = "alice@digest.test"
FRIDAY, NEXT_FRIDAY = date(2024, 5, 17), date(2024, 5, 24)
SEND = datetime(2024, 5, 17, 7, 0, tzinfo=UTC)
SOON = SEND + timedelta(minutes=10)
NEXT_SEND = SEND + timedelta(days=7)
READERS = 9
HEADING = "The database was restored: what may have gone waits for you"
DOUBT = "The database may be an older copy: what may have gone waits for you"


class Installation:
    """One folder with its database, which can be backed up and put back as an operator does it."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        self._copies: list[str] = []

    @property
    def _on_postgresql(self) -> bool:
        return not self.settings.database_url.startswith("sqlite")

    @property
    def _file(self) -> Path:
        return self.settings.instance_path / "digest.db"

    def back_up(self) -> str:
        """A backup by SQLite's own way, while everything may run; on PostgreSQL a second database. Returns where."""
        if self._on_postgresql:
            self.db.close()  # a database in use can't be copied
            self._copies.append(postgresql.copy_database(self.settings.database_url))
            return self._copies[-1]
        path = str(self.settings.instance_path.parent / f"backup-{new_key()}.db")
        with closing(sqlite3.connect(self._file)) as source:
            source.execute("VACUUM INTO ?", (path,))
        return path

    def restore(self, backup: str) -> None:
        """Everything stopped, the old files away, the backup in place."""
        self.db.close()
        if self._on_postgresql:
            postgresql.put_back(self.settings.database_url, backup)
        else:
            for name in ("digest.db", "digest.db-wal", "digest.db-shm"):
                (self._file.parent / name).unlink(missing_ok=True)
            self._file.write_bytes(Path(backup).read_bytes())
        self.db = Database(self.settings.database_url)

    def close(self) -> None:
        """Leave no backup on the server."""
        self.db.close()
        for copy in self._copies:
            postgresql.drop_database(copy)

    def tick(self, at: datetime, through: Callable[[Transport], Transport] = lambda transport: transport) -> None:
        with closing(open_transport(self.settings)) as transport:
            tick(Process(self.db, self.settings, through(transport), lambda: at))

    def drain(self, at: datetime = SOON) -> None:
        with closing(open_transport(self.settings)) as transport:
            deliver_waiting(self.db, self.settings, transport, lambda: at)

    def prepare(self, at: datetime) -> Ready:
        with closing(open_transport(self.settings)) as transport:
            return prepare(Process(self.db, self.settings, transport, lambda: at), None)

    def recover(self, at: datetime = SOON) -> Recovered | None:
        return recover(Context(self.db, self.settings, at))

    def claims_file(self) -> Path:
        [path] = self.settings.instance_path.glob("claims-*")
        return path

    def issue(self, day: date = FRIDAY) -> Issue:
        with self.db.reading() as session:
            found = issue_on(session, day)
        assert found
        return found

    def history(self, day: date = FRIDAY) -> list[str]:
        with self.db.reading() as session:
            return [f"{line.who}: {line.what}" for line in history_of(session, self.issue(day).id)]

    def notices(self) -> list[str]:
        with self.db.reading() as session:
            rows = session.scalars(select(Message).where(Message.kind == "notice").order_by(Message.id))
            return [row.subject.removeprefix("Privacy Digest: ") for row in rows]

    def states(self) -> list[tuple[str, str]]:
        with self.db.reading() as session:
            return [(batch.state, batch.cause) for batch in session.scalars(select(Batch).order_by(Batch.id))]

    def claims(self) -> int:
        with self.db.reading() as session:
            return installation(session).claims


def freeze_in_threes(ours: Installation) -> int:
    """Freeze Friday's issue in batches of three; returns its id."""
    issue_id = ours.issue().id
    close_issue(Context(ours.db, ours.settings, TUESDAY), issue_id, ALICE)
    freeze(Context(ours.db, ours.settings, TUESDAY), issue_id, ALICE, batch_size=3)
    return issue_id
