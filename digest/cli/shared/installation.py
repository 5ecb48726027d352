"""What every command starts from: the settings and the database of this installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import click

from digest import config
from digest.cli.shared.logs import take_out
from digest.config import Settings
from digest.config.loose import close_what_is_open
from digest.operations.running.startup import open_database
from digest.operations.shared.context import Context, branded
from digest.storage.base.database import Database


@dataclass(frozen=True)
class OpenInstallation:
    """One installation, opened."""

    settings: Settings
    db: Database

    def context(self) -> Context:
        """What operations are given, at this moment."""
        return Context(self.db, self.settings, now())


def installation() -> OpenInstallation:
    """This installation, its database at the latest migration, closed when the command ends. Raises BadSetting."""
    settings = settings_for_a_start()
    db = until_the_end(open_database(settings))
    with db.reading() as session:
        return OpenInstallation(branded(session, settings), db)


def settings_for_a_start() -> Settings:
    """The settings, files closed to other users of the machine, and what was open said. Raises BadSetting."""
    settings = config.load()
    take_out(settings)
    for words in close_what_is_open(settings):
        click.echo(f"digest: {words}", err=True)
    return settings


def until_the_end(db: Database) -> Database:
    """The database, which gives its connections back when the command ends."""
    click.get_current_context().call_on_close(db.close)
    return db


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
