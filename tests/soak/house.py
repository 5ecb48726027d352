"""The installation that is lived in: its folder, its database, its site and its clock, opened and shut as in years."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import time_machine
from flask import Flask
from sqlalchemy import Engine, event

from digest import config
from digest.app import create_app
from digest.config import Settings
from digest.config.private import make_file
from digest.mail.transports import open_transport
from digest.operations.running.backing_up import back_up
from digest.operations.running.bringing_back import bring_back
from digest.operations.running.startup import MIGRATIONS
from digest.operations.sending import sender
from digest.operations.shared.context import Context
from digest.scheduler import Clock, utc_now
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, current_issue
from digest.storage.running import schema

_FILES = ("digest.db", "digest.db-wal", "digest.db-shm")


class House:
    """An installation in a folder. It is closed and opened as by a restart; what it remembers is on its disk."""

    def __init__(self, folder: Path, environ: Mapping[str, str], clock: time_machine.Traveller) -> None:
        """Open it; it has a database already."""
        self.folder = folder
        self.environ = dict(environ)
        self.time = clock
        self.open()

    def open(self) -> None:
        """Start site and clock, by the settings as they are now."""
        self.settings: Settings = config.load(self.environ, self.folder)
        self.db = Database(self.settings.database_url)
        self.site: Flask = create_app(self.settings, with_postman=False)
        self.transport = open_transport(self.settings)
        self.clock = Clock(self.db, self.settings, self.transport)

    def close(self) -> None:
        """Stop both."""
        self.transport.close()
        self.site.extensions["digest"].db.close()
        self.db.close()

    def restart(self, **changed: str) -> None:
        """Stop, change settings, start."""
        self.close()
        self.environ |= changed
        self.open()

    @property
    def now(self) -> datetime:
        return utc_now()

    def go_to(self, moment: datetime) -> None:
        """Set the clock; it never goes back."""
        assert moment >= self.now, f"{moment} has passed"
        self.time.move_to(moment, tick=False)

    def live(self, until: datetime | None = None) -> None:
        """The clock's jobs once, now or at that moment."""
        if until:
            self.go_to(until)
        for job in (self.clock._beat, self.clock._tick, self.clock._messages):
            job()

    def live_on(self, wait: timedelta, times: int = 1) -> None:
        """So many rounds of its jobs, with this wait before each."""
        for _ in range(times):
            self.live(self.now + wait)

    def keep_beating(self, minutes: int) -> None:
        """The clock runs for so long, without a gap in which nobody could have heard of an event."""
        for _ in range(minutes):
            self.go_to(self.now + timedelta(minutes=1))
            self.clock._beat()

    def do_chores(self) -> None:
        """What the clock does each hour or each day."""
        self.clock._housekeeping()
        self.clock._back_up()

    def current(self) -> Issue:
        """The issue that desk and command mean."""
        with self.db.reading() as session:
            issue = current_issue(session)
        assert issue is not None, "there is no current issue"
        return issue

    def back_up(self, name: str) -> Path:
        """A backup by the command's own operation."""
        return back_up(Context(self.db, self.settings, self.now), self.folder / name).path

    def restore(self, backup: Path) -> None:
        """Everything stopped, the database away, the backup in its place, everything started."""
        self.close()
        for name in _FILES:
            (self.settings.instance_path / name).unlink(missing_ok=True)
        bring_back(self.settings, backup)
        self.open()

    def change_version(self, revision: str) -> None:
        """Back to an older schema, as an operator goes back a version, and up again with the next."""
        self.close()
        self.db = Database(self.settings.database_url)
        schema.downgrade(self.db, MIGRATIONS, revision)
        schema.upgrade(self.db, MIGRATIONS)
        self.db.close()
        self.open()

    @contextmanager
    def full_disk(self, room: int) -> Iterator[None]:
        """SQLite finds no more than so many free pages; and a send gives up on it at once instead of in a minute."""
        with self.db.engine.connect() as connection:
            pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one()) + room

        def limit(connection: object, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

        patience, sender._PATIENCE = sender._PATIENCE, -1.0
        event.listen(Engine, "connect", limit)
        self._connect_anew()
        try:
            yield
        finally:
            event.remove(Engine, "connect", limit)
            sender._PATIENCE = patience
            self._connect_anew()

    def _connect_anew(self) -> None:
        for db in (self.db, self.site.extensions["digest"].db):
            db.engine.dispose()

    def sizes(self) -> dict[str, int]:
        """Bytes of what it keeps on its disk."""
        instance, backups = self.settings.instance_path, self.settings.backup_path
        found = {name: _size(instance / name) for name in (*_FILES[:2], "journal.jsonl")}
        known = sum(found.values())
        found["beside"] = sum(_size(path) for path in instance.rglob("*") if path.is_file()) - known
        found["backups"] = sum(_size(path) for path in backups.iterdir()) if backups and backups.exists() else 0
        return found

    def remove(self) -> None:
        """Nothing of it is left."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_database(folder: Path) -> Path:
    """An empty database in the folder of an installation that is to be."""
    path = folder / "instance" / "digest.db"
    path.parent.mkdir(mode=0o700)
    make_file(path)
    db = Database(f"sqlite:///{path}")
    schema.upgrade(db, MIGRATIONS)
    db.close()
    return path


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
