"""Opening an installation: its database, checked before anything is done with it."""

from __future__ import annotations

from datetime import UTC, datetime

from digest import config
from digest.config import BadSetting, Settings
from digest.operations.restoring import recover
from digest.storage import schema
from digest.storage.database import Database
from digest.storage.demo_marks import has_demo

MIGRATIONS = config.resource("migrations")


def open_database(settings: Settings) -> Database:
    """The database, with every migration applied, and safe to send from even if it was restored from a backup.

    Raises BadSetting where it must not be used as set, Refused where a file beside it may not be read.
    """
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    db = Database(settings.database_url)
    try:
        _must_be_usable(db, settings)
        recover(db, settings, datetime.now(UTC))  # before anything is sent, the queue of messages included
    except BaseException:
        db.close()
        raise
    return db


def _must_be_usable(db: Database, settings: Settings) -> None:
    try:
        schema.must_be_known(db, MIGRATIONS)
    except schema.UnknownRevision as error:
        raise BadSetting(f"DATABASE_URL: {error}") from None
    if not schema.at_head(db, MIGRATIONS):
        raise BadSetting("DATABASE_URL: the database is not up to date; run `digest db upgrade`")
    with db.reading() as session:
        if settings.mail_transport == "sendgrid" and has_demo(session):
            raise BadSetting(
                "MAIL_TRANSPORT=sendgrid: demo content is in the database; run `digest demo --remove` first"
            )
