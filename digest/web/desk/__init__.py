"""The desk: where editors write, choose and send. Each file has the pages of one matter, all on one blueprint."""

from __future__ import annotations

from flask import Flask

from digest.web.desk import (
    account,
    copies,
    deciding,
    editors,
    issue,
    outbox,
    pasting,
    reports,
    signing_in,
    standing,
    subscribers,
    summaries,
    writing,
)
from digest.web.desk.blueprint import desk

__all__ = [
    "account",
    "copies",
    "deciding",
    "editors",
    "hang_up",
    "issue",
    "outbox",
    "pasting",
    "reports",
    "signing_in",
    "standing",
    "subscribers",
    "summaries",
    "writing",
]


def hang_up(app: Flask) -> None:
    """Put the desk on the site."""
    app.register_blueprint(desk)
