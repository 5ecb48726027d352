"""The outbox for trying things: every copy that a reader would get, kept as an `.eml` file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from digest.config.private import make_folder, write_whole
from digest.mail.outbox import Answer, Bulk, Certainty, Mark, Page, Single, Trouble, leave_headers
from digest.mail.rendering import Identity, Rendered, personalise

_POLICY = SMTP.clone(max_line_length=998, cte_type="8bit")
"""Lines as long as RFC 5322 allows: folding would tear the addresses in List-Unsubscribe apart."""


class FileOutbox:
    """Writes what readers would get, one `.eml` file a copy."""

    def __init__(self, folder: Path, identity: Identity) -> None:
        self._folder = folder
        self._identity = identity

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Write each recipient's copy, named by its delivery: writing it again changes nothing."""
        try:
            for recipient in bulk.recipients:
                copy = personalise(bulk.rendered, bulk.values_of(recipient))
                address, leave, _, _, delivery = recipient
                headers = {**bulk.headers, **leave_headers(bulk.leave_root + leave)}
                self._write(f"digest-{bulk.issue}-{delivery:08d}", address, copy, headers)
        except OSError as error:
            return self._unwritable(error)
        return Answer(Certainty.ACCEPTED)

    def send_single(self, single: Single) -> Answer:
        """Write the message."""
        try:
            self._write(f"message-{single.reference}", single.recipient, single.rendered, single.headers)
        except OSError as error:
            return self._unwritable(error)
        return Answer(Certainty.ACCEPTED)

    def probe(self) -> bool:
        """A folder always answers."""
        return True

    def suppressed(self, since: Mapping[str, Mark], until: datetime, deadline: float) -> Iterable[Page | Trouble]:  # noqa: ARG002
        """A folder refuses nobody."""
        return ()

    def close(self) -> None:
        """Nothing is kept open."""

    def _unwritable(self, error: OSError) -> Answer:
        # Certain whatever was written: the same file again is no second copy.
        return Answer(Certainty.REFUSED, detail=f"the outbox folder can’t be written: {error.strerror or error}")

    def _write(self, name: str, recipient: str, rendered: Rendered, headers: Mapping[str, str]) -> None:
        make_folder(self._folder)
        message = EmailMessage(policy=_POLICY)
        message["Subject"] = rendered.subject
        message["From"] = f"{self._identity.name} <{self._identity.sender}>"
        message["To"] = recipient
        if self._identity.reply_to:
            message["Reply-To"] = self._identity.reply_to
        for header, value in headers.items():
            message[header] = value
        message.set_content(rendered.text, cte="8bit")
        message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
        write_whole(self._folder / f"{name}.eml", message.as_bytes())
