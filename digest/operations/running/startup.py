"""Opening an installation: its database, checked before anything is done with it."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime

from sqlalchemy.exc import ArgumentError

from digest import config
from digest.config import BadSetting, Settings
from digest.config.keys import made
from digest.config.loose import database_file
from digest.config.private import make_file
from digest.operations.archive.feed_ids import remember_feed_root
from digest.operations.running.restoring import recover
from digest.operations.shared.context import Context, branded
from digest.storage.base.database import Database
from digest.storage.running import revisions
from digest.storage.running.demo_marks import has_demo

MIGRATIONS = config.resource("migrations")


def open_database(settings: Settings) -> Database:
    """The database, with every migration applied, and safe to send from even if it was restored from a backup.

    Raises BadSetting where it must not be used as set, Refused where a file beside it may not be read.
    """
    db = open_as_it_is(settings)
    try:
        _must_be_usable(db, settings)
        with db.reading() as session:
            ours = branded(session, settings)
        context = Context(db, ours, datetime.now(UTC))
        recover(context)  # before anything is sent, the queue of messages included
        remember_feed_root(context)
    except BaseException:
        db.close()
        raise
    return db


def open_as_it_is(settings: Settings) -> Database:
    """The database, whatever its state. Raises BadSetting where there is no place for it."""
    try:
        made(settings.instance_path)
    except ValueError as error:
        raise BadSetting(f"INSTANCE_PATH: {error}") from None
    _must_have_a_place(settings)
    try:
        return Database(settings.database_url)
    except (ArgumentError, ValueError):
        raise BadSetting(
            "DATABASE_URL: it can’t be understood. Write what has a meaning in addresses as its code, also in the "
            "password: %40 for @, %3A for :, %2F for /, %25 for %"
        ) from None


def _must_have_a_place(settings: Settings) -> None:
    """The file's folder is there, and both are ours to write; the file is made here, since SQLite would make it open
    to every user of the machine.
    """
    path = database_file(settings)
    if path is None:
        return
    folder = path.parent
    if not folder.is_dir():
        raise BadSetting(
            f"DATABASE_URL: its folder {folder} is not there. Make it, as the user that runs Digest, with "
            f"`install -d -m 700 {shlex.quote(str(folder))}`, or name another"
        )
    if path.is_dir():
        raise BadSetting(f"DATABASE_URL: {path} is a folder. Name a file in it, for example {path}/digest.db")
    try:
        make_file(path)
    except OSError as error:
        raise BadSetting(f"DATABASE_URL: {path} can’t be made or read ({error.strerror}). {_whose(path)}") from None
    if not os.access(path, os.W_OK) or not os.access(folder, os.W_OK):
        raise BadSetting(f"DATABASE_URL: {path} or its folder may not be written. {_whose(path)}")


def _whose(path: object) -> str:
    return f"Give {path} and its folder to the user that runs Digest, or run this as that user"


def _must_be_usable(db: Database, settings: Settings) -> None:
    try:
        revisions.must_be_known(db, MIGRATIONS)
    except revisions.UnknownRevision as error:
        raise BadSetting(f"DATABASE_URL: {error}") from None
    if not revisions.at_head(db, MIGRATIONS):
        raise BadSetting("DATABASE_URL: the database is not up to date; run `digest db upgrade`")
    with db.reading() as session:
        if settings.mail_transport == "sendgrid" and has_demo(session):
            raise BadSetting(
                "MAIL_TRANSPORT=sendgrid: demo content is in the database; run `digest demo --remove` first"
            )
