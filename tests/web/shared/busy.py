"""Somebody else who writes and doesn't end, and a site that is tired of waiting sooner than in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.base.patience import Gate, Patience
from digest.storage.running import schema

_TABLES = ", ".join(table.name for table in schema.metadata.sorted_tables)


@contextmanager
def someone_writes(settings: Settings) -> Iterator[None]:
    """Another program holds SQLite's lock, or on PostgreSQL one on every table that forms write to."""
    with closing(Database(settings.database_url)) as theirs, theirs.writing() as session:
        session.execute(text("SELECT 1"))
        if theirs.engine.dialect.name == "postgresql":
            session.execute(text(f"LOCK TABLE {_TABLES} IN SHARE ROW EXCLUSIVE MODE"))
        yield


def be_impatient(app: Flask, seconds: float = 0.05) -> None:
    """Let the site's forms give up after so long."""
    site = app.extensions["digest"]
    hurried = Database(site.settings.database_url, Patience(seconds, Gate(4)))
    app.extensions["digest"] = replace(site, db=hurried)
    site.db.close()


def kept(response: TestResponse) -> dict[str, list[str]]:
    """What the page would send again."""
    fields: dict[str, list[str]] = {}
    for each in BeautifulSoup(response.text, "html.parser").select("main form [name]"):
        value = each.text.removeprefix("\n") if each.name == "textarea" else str(each.get("value", ""))
        fields.setdefault(str(each["name"]), []).append(value)
    return fields
