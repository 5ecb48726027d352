"""What a reader does at our doors, and how a test sees that nothing has moved behind them."""

from __future__ import annotations

import re
from email.message import EmailMessage
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from digest.storage.base.database import Database
from digest.storage.running import schema
from tests.conftest import Mailbox, html_of, text_of

ALICE = "alice@example.org"


def ask(client: FlaskClient, email: str = ALICE, ip: str = "192.0.2.7", **fields: str) -> TestResponse:
    """Send the form."""
    return client.post("/subscribe", data={"email": email, **fields}, environ_overrides={"REMOTE_ADDR": ip})


def links_in(message: EmailMessage) -> set[str]:
    """The path of every link to our site."""
    found = re.findall(r"http://digest\.test(/[^\s\"<>)]*)", text_of(message) + html_of(message))
    return {urlsplit(path).path for path in found}


def link_in(message: EmailMessage, purpose: str) -> str:
    """The path of the one link for this purpose."""
    (found,) = {path for path in links_in(message) if path.startswith(f"/{purpose}/")}
    return found


def subscribed(client: FlaskClient, mailbox: Mailbox, email: str = ALICE) -> str:
    """Ask and confirm; returns the path that confirmed."""
    ask(client, email)
    path = link_in(mailbox.to(email)[-1], "confirm")
    assert client.post(path).status_code == 200
    return path


def everything(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with db.reading() as session:
        return {
            name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for name, table in schema.metadata.tables.items()
        }
