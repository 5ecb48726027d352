"""What a view may ask for: the site it serves, this moment, a session to read with, and who is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flask import current_app, g
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.running.branding import Branding
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor
from digest.storage.running.branding import kept_branding

EXTENSION = "digest"


@dataclass(frozen=True)
class Site:
    """What the application was built from."""

    settings: Settings
    db: Database
    seen: dict[str, Branding] = field(default_factory=dict)
    """The publication as a page last showed it: what pages go on with while the database is away."""


def site() -> Site:
    """The site this request is for."""
    found: Site = current_app.extensions[EXTENSION]
    return found


def settings() -> Settings:
    """The site's settings, with the desk's own words over them: one query a request."""
    if "settings" not in g:
        g.settings = replace(site().settings, branding=_branding())
    found: Settings = g.settings
    return found


def forget_settings() -> None:
    """Have the desk's words read again, after this request has changed them."""
    g.pop("settings", None)


def _branding() -> Branding:
    default, seen = site().settings.branding, site().seen
    try:
        if "reading" in g:
            seen["last"] = kept_branding(g.reading, default)
        else:
            with db().reading() as session:
                seen["last"] = kept_branding(session, default)
    except SQLAlchemyError:  # the page says so by itself, or needs no database at all
        return seen.get("last", default)
    return seen["last"]


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
