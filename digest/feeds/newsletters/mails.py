"""A newsletter as SendGrid's Inbound Parse posts it: in fields, or as the message was when it arrived.

Source: https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook. The
field `charsets` names the encodings that the other fields are in, as the message had them; `email` is the whole one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from hashlib import sha256
from typing import Any

from digest.feeds.base.charsets import as_utf8
from digest.feeds.base.entries import UnreadableDocument

FIELDS = frozenset({"headers", "from", "subject", "text", "html", "envelope", "charsets", "email"})
"""The fields that are read; attachments are not."""
_LONGEST_LINE = 300
_LARGEST_TEXT = 2_000_000
_LONGEST_HEAD, _LONGEST_HEADER, _LONGEST_WORDS = 100_000, 2_000, 1_000
"""Bytes and characters. Python reads headers in a time that grows with the square of their length."""
_MOST_HEADERS, _MOST_BOUNDARIES, _MOST_PARTS = 200, 50, 100
_MESSAGE_ID = re.compile(rb"^message-id:[ \t\r\n]*([^\r\n]{1,300})", re.IGNORECASE | re.MULTILINE)


_BOUNDARIES = re.compile(rb"boundary[*0-9]{0,4}[ \t]{0,4}=", re.IGNORECASE)


class _ShortHeaders(Message):
    """A message, or a part of one, of whose headers no more is kept than honest ones have."""

    def set_raw(self, name: str, value: str) -> None:
        if len(self) < _MOST_HEADERS:
            super().set_raw(name, value[:_LONGEST_HEADER])


class _FewParts:
    """Makes the parts of one message, and so bounds how many they are, side by side or within each other.

    What is forwarded within what is forwarded needs no boundary, and each line of it passes through all that it is in.
    """

    def __init__(self) -> None:
        self._made = 0

    def __call__(self, policy: Any = None) -> _ShortHeaders:
        self._made += 1
        if self._made > _MOST_PARTS:
            raise UnreadableDocument("It has too many parts.")
        return _ShortHeaders(policy) if policy else _ShortHeaders()


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
        raise UnreadableDocument("It holds no message. Set Inbound Parse up as docs/sendgrid.md says.")
    recipients = _recipients(_said(fields, "envelope"))
    try:
        return _whole(fields["email"], recipients) if "email" in fields else _in_fields(fields, recipients)
    except RecursionError:
        raise UnreadableDocument("Its parts lie too deep within each other.") from None


def _in_fields(fields: Mapping[str, bytes], recipients: tuple[str, ...]) -> NewsletterMail:
    encodings = _charsets(_said(fields, "charsets"))
    text = {name: _decoded(fields.get(name, b""), encodings.get(name, "")) for name in FIELDS}
    named = _MESSAGE_ID.search(fields.get("headers", b"")[:_LONGEST_HEAD])
    return NewsletterMail(
        _line(named[1].decode("utf-8", "replace") if named else ""),
        _line(text["from"]),
        _line(text["subject"]),
        text["html"][:_LARGEST_TEXT],
        text["text"][:_LARGEST_TEXT],
        recipients,
    )


def _whole(raw: bytes, recipients: tuple[str, ...]) -> NewsletterMail:
    if len(_BOUNDARIES.findall(raw)) > _MOST_BOUNDARIES:
        raise UnreadableDocument("It has too many parts.")
    message = message_from_bytes(raw, _class=_FewParts())
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
    value = str(message.get(name, ""))[:_LONGEST_WORDS]
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
