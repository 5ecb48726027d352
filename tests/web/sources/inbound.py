"""Messages of our own making, as SendGrid's Inbound Parse posts them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.message import EmailMessage

from flask.testing import FlaskClient

BOUNDARY = "xYzZY"


def multipart(fields: Mapping[str, bytes | str], files: Mapping[str, bytes] | None = None) -> bytes:
    """The body of a form, byte for byte."""
    parts = []
    for name, value in fields.items():
        content = value.encode() if isinstance(value, str) else value
        parts.append(b'--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content))
    for name, content in (files or {}).items():
        head = f'--xYzZY\r\nContent-Disposition: form-data; name="{name}"; filename="{name}.pdf"\r\n'
        parts.append(head.encode() + b"Content-Type: application/pdf\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + b"--xYzZY--\r\n"


def post(client: FlaskClient, key: str, body: bytes) -> int:
    """POST it; the status of the answer."""
    answer = client.post(f"/events/inbound/{key}", data=body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
    assert "Set-Cookie" not in answer.headers
    return answer.status_code


def fields(
    html: bytes | str = "", text: bytes | str = "", message_id: bytes | str = "<1@news.example>", **more: bytes | str
) -> dict[str, bytes | str]:
    """The fields of a message, in UTF-8 unless `more` says otherwise."""
    given: dict[str, bytes | str] = {
        "headers": f"Received: by mx.example\nMessage-ID: {message_id!s}\nSubject: x\n",
        "from": "The Regulator <news@regulator.example>",
        "subject": "Our news in May",
        "envelope": json.dumps({"to": ["news@in.digest.test"], "from": "bounce@regulator.example"}),
        "charsets": json.dumps({"subject": "UTF-8", "html": "UTF-8", "text": "UTF-8"}),
    }
    bodies = {name: body for name, body in (("html", html), ("text", text)) if body}
    return given | bodies | more


def whole(html: str = "", text: str = "", charset: str = "utf-8") -> bytes:
    """A message as it is on its way."""
    message = EmailMessage()
    message["From"] = "The Regulator <news@regulator.example>"
    message["Subject"] = "Décisions de mai"
    message["Message-ID"] = "<raw@news.example>"
    if text:
        message.set_content(text, charset=charset)
    if html and text:
        message.add_alternative(html, subtype="html", charset=charset)
    elif html:
        message.set_content(html, subtype="html", charset=charset)
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="annex.pdf")
    return message.as_bytes()
