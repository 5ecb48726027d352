"""The outbox, for admins: what the `outbox` transport has written, as readers would get it.

For admins only: these messages hold readers' addresses and links, and the links that set editors' passwords.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path

from flask import Response, abort, make_response, render_template, url_for

from digest.web.shared.context import settings
from digest.web.shared.desk import desk, page_number
from digest.web.shared.security import MAIL_PREVIEW_CSP, admins_only

_PAGE = 50
_NAME = re.compile(r"[A-Za-z0-9_-]+\.eml")


@dataclass(frozen=True)
class StoredMessage:
    """One message in the list."""

    name: str
    subject: str
    to: str
    at: datetime


@desk.get("/outbox")
def outbox() -> str:
    """The messages, the newest first."""
    admins_only()
    paths = _newest_first(settings().outbox_path)
    number = page_number()
    shown = paths[(number - 1) * _PAGE : number * _PAGE]
    return render_template(
        "messages/outbox.html",
        messages=[_listed(path) for path in shown],
        total=len(paths),
        page=number,
        pages=max(1, -(-len(paths) // _PAGE)),
        base=url_for("desk.outbox"),
        transport=settings().mail_transport,
    )


@desk.get("/outbox/<name>")
def outbox_message(name: str) -> str:
    """One message: headers, how it looks, its text."""
    admins_only()
    message = _message(name)
    return render_template(
        "messages/message.html",
        name=name,
        headers=[(key, str(value)) for key, value in message.items()],
        subject=message["Subject"],
        to=message["To"],
        text=_part(message, "plain"),
    )


@desk.get("/outbox/<name>/html")
def outbox_html(name: str) -> Response:
    """The HTML part, for a frame in which nothing runs."""
    admins_only()
    response = make_response(_part(_message(name), "html"))
    response.headers["Content-Security-Policy"] = MAIL_PREVIEW_CSP
    return response


@desk.get("/outbox/<name>/source")
def outbox_source(name: str) -> Response:
    """The message byte for byte."""
    admins_only()
    return Response(_path(name).read_bytes(), content_type="text/plain; charset=utf-8")


def _newest_first(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(folder.glob("[!.]*.eml"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def _listed(path: Path) -> StoredMessage:
    with path.open("rb") as file:
        headers = BytesHeaderParser(policy=default).parse(file)
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return StoredMessage(path.name, str(headers["Subject"] or "(no subject)"), str(headers["To"] or ""), written)


def _message(name: str) -> EmailMessage:
    message = message_from_bytes(_path(name).read_bytes(), policy=default)
    return message if isinstance(message, EmailMessage) else abort(404)


def _path(name: str) -> Path:
    path = settings().outbox_path / name
    if not _NAME.fullmatch(name) or not path.is_file():
        abort(404)
    return path


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
