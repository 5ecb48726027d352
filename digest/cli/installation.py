"""What every command starts from: the settings and the database of this installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from digest import config
from digest.app import open_database
from digest.config import Settings
from digest.storage.database import Database


@dataclass(frozen=True)
class Installation:
    """One installation, opened."""

    settings: Settings
    db: Database


def installation() -> Installation:
    """This installation, its database at the latest migration. Raises BadSetting."""
    settings = config.load()
    return Installation(settings, open_database(settings))


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
