"""A newsletter as SendGrid's Inbound Parse posts it: in fields, or as the message was when it arrived.

Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook. The
field `charsets` names the encodings that the other fields are in, as the message had them; `email` is the whole one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from hashlib import sha256
from typing import Any

from digest.feeds.charsets import as_utf8
from digest.feeds.entries import UnreadableDocument

FIELDS = frozenset({"headers", "from", "subject", "text", "html", "envelope", "charsets", "email"})
"""The fields that are read; attachments are not."""
_LONGEST_LINE = 300
_LARGEST_TEXT = 2_000_000


@dataclass(frozen=True)
class NewsletterMail:
    """A message: all of it text, and nothing made safe yet. `recipients` are those of the envelope."""

    message_id: str
    sender: str
    subject: str
    html: str
    text: str
    recipients: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """A hash by which it is known again: of its Message-ID, else of all that it says."""
        whole = self.message_id or "\0".join((self.sender, self.subject, self.html, self.text))
        return sha256(whole.encode("utf-8", "replace")).hexdigest()


def newsletter_in(fields: Mapping[str, bytes]) -> NewsletterMail:
    """The message in these fields. Raises UnreadableDocument where there is none."""
    if not {"email", "html", "text", "subject"} & set(fields):
        raise UnreadableDocument("It holds no message. Set Inbound Parse up as docs/running.md says.")
    recipients = _recipients(_said(fields, "envelope"))
    try:
        return _whole(fields["email"], recipients) if "email" in fields else _in_fields(fields, recipients)
    except RecursionError:
        raise UnreadableDocument("Its parts lie too deep within each other.") from None


def _in_fields(fields: Mapping[str, bytes], recipients: tuple[str, ...]) -> NewsletterMail:
    encodings = _charsets(_said(fields, "charsets"))
    text = {name: _decoded(fields.get(name, b""), encodings.get(name, "")) for name in FIELDS}
    # Never the body: what it says of itself is no header.
    headers = message_from_bytes(fields.get("headers", b"").replace(b"\r\n\r\n", b"\r\n").replace(b"\n\n", b"\n"))
    return NewsletterMail(
        _line(headers.get("Message-ID")),
        _line(text["from"]),
        _line(text["subject"]),
        text["html"][:_LARGEST_TEXT],
        text["text"][:_LARGEST_TEXT],
        recipients,
    )


def _whole(raw: bytes, recipients: tuple[str, ...]) -> NewsletterMail:
    message = message_from_bytes(raw)
    bodies = {"text/html": "", "text/plain": ""}
    for part in message.walk():
        kind = part.get_content_type()
        if kind in bodies and not bodies[kind] and part.get_content_disposition() != "attachment":
            bodies[kind] = _body(part)
    return NewsletterMail(
        _line(message.get("Message-ID")),
        _header(message, "From"),
        _header(message, "Subject"),
        bodies["text/html"],
        bodies["text/plain"],
        recipients,
    )


def _body(part: Message) -> str:
    try:
        content = part.get_payload(decode=True)
        charset = part.get_content_charset() or ""
    except (LookupError, ValueError, TypeError):
        return ""
    return _decoded(content, charset)[:_LARGEST_TEXT] if isinstance(content, bytes) else ""


def _header(message: Message, name: str) -> str:
    """A header with its encoded words read (RFC 2047); as it stands where they can't be."""
    value = message.get(name, "")
    try:
        return _line(str(make_header(decode_header(value))))
    except (HeaderParseError, LookupError, ValueError, TypeError):
        return _line(value)


def _decoded(content: bytes, charset: str) -> str:
    return as_utf8(content, f"text/html; charset={charset}" if charset else "").decode("utf-8", "replace")


def _line(text: object) -> str:
    plain = "".join(character for character in str(text or "") if character.isprintable() or character.isspace())
    return " ".join(plain.split())[:_LONGEST_LINE]


def _said(fields: Mapping[str, bytes], name: str) -> Mapping[str, Any]:
    try:
        said = json.loads(fields.get(name, b"{}"))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _charsets(said: Mapping[str, Any]) -> dict[str, str]:
    return {name: charset for name, charset in said.items() if isinstance(charset, str) and charset.isascii()}


def _recipients(envelope: Mapping[str, Any]) -> tuple[str, ...]:
    to = envelope.get("to")
    return tuple(each[:320] for each in to[:20] if isinstance(each, str)) if isinstance(to, list) else ()
