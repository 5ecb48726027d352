"""What a view may ask for: the site it serves, this moment, a session to read with, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import current_app, g
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor

EXTENSION = "digest"


@dataclass(frozen=True)
class Site:
    """What the application was built from."""

    settings: Settings
    db: Database


def site() -> Site:
    """The site this request is for."""
    found: Site = current_app.extensions[EXTENSION]
    return found


def settings() -> Settings:
    """The site's settings."""
    return site().settings


def db() -> Database:
    """The site's database, for operations."""
    return site().db


def now() -> datetime:
    """This request's moment: one for its whole length, so that all it writes agrees."""
    if "now" not in g:
        g.now = datetime.now(UTC)
    moment: datetime = g.now
    return moment


def here() -> Context:
    """What operations are given: the site's database and settings, and this request's moment."""
    return Context(db(), settings(), now())


def reading() -> Session:
    """A session to read with, until the response has been made."""
    if "reading" not in g:
        g.reading_context = db().reading()
        g.reading = g.reading_context.__enter__()
    session: Session = g.reading
    return session


def reread() -> Session:
    """A fresh session to read with, after an operation has written."""
    end_reading()
    return reading()


def end_reading(_error: BaseException | None = None) -> None:
    """Give the reading session back."""
    g.pop("reading", None)
    context = g.pop("reading_context", None)
    if context is not None:
        context.__exit__(None, None, None)


def signed_in() -> Editor:
    """Who is signed in; only for views behind the desk's door."""
    editor: Editor = g.editor
    return editor
