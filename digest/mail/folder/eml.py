"""A message as a file: what a reader's mail program would get, byte for byte (RFC 5322)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import urlsplit

from digest.mail.message.rendering import Identity, Rendered
from digest.mail.outgoing.headers import mailbox_line, text_line

_POLICY = SMTP.clone(max_line_length=998, cte_type="8bit")
"""Lines as long as RFC 5322 allows: folding would tear the addresses in List-Unsubscribe apart."""
_DOT_ATOM = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)


def as_eml(
    reference: str, identity: Identity, recipient: str, rendered: Rendered, headers: Mapping[str, str], at: datetime
) -> bytes:
    """The message's bytes. `reference` names it for good, `at` is when it was ready to leave (section 3.6.1).

    Raises Unmakeable, or whatever the email package says of a text that can't be mailed.
    """
    message = EmailMessage(policy=_POLICY)
    for line in (
        text_line("Subject", rendered.subject),
        mailbox_line("From", identity.sender, identity.name),
        mailbox_line("To", recipient),
        text_line("Date", format_datetime(at)),
        text_line("Message-ID", message_id(reference, identity, recipient, rendered.subject)),
        *([mailbox_line("Reply-To", identity.reply_to)] if identity.reply_to else ()),
        *(text_line(name, value) for name, value in headers.items()),
    ):
        message[line.name] = line
    message.set_content(rendered.text, cte="8bit")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def message_id(reference: str, identity: Identity, recipient: str, subject: str) -> str:
    """The same for the same message, whenever it is written, and nobody else's (section 3.6.4).

    What is hashed keeps another installation's message, or one from before a restored backup, apart from it.
    """
    host = identity.sender.rpartition("@")[2]
    if "." not in host:
        host = urlsplit(identity.url).hostname or host
    told = sha256("\0".join((identity.url, reference, recipient, subject)).encode(errors="replace")).hexdigest()
    return f"<{reference}.{told[:16]}@{host if _DOT_ATOM.fullmatch(host) else 'localhost'}>"
