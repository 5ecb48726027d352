"""Which transport an installation uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from digest.config import Settings
from digest.mail.folder.files import OutboxFolder
from digest.mail.message.identity import identity_of
from digest.mail.outgoing.interface import Answer, Bulk, Certainty, ListMark, ListPage, Single, Transport, UnreadList
from digest.mail.sendgrid.transport import SendGridTransport


def open_transport(settings: Settings) -> Transport:
    """The transport that MAIL_TRANSPORT names; a rehearsal (MAIL_REDIRECT_ALL) goes round every recipient."""
    identity = identity_of(settings)
    transport: Transport
    if settings.mail_transport == "sendgrid":
        transport = SendGridTransport(settings.sendgrid_api_key, settings.sendgrid_host, identity)
    else:
        transport = OutboxFolder(settings.outbox_path, identity)
    if settings.mail_redirect_all:
        transport = RedirectingTransport(transport, settings.mail_redirect_all)
    return transport


_NOT_IN_A_REHEARSAL = "MAIL_REDIRECT_ALL is set, and a rehearsal erases nobody at SendGrid; it waits until that is over"


class RedirectingTransport:
    """A rehearsal: every message goes to one address instead of its readers."""

    def __init__(self, inner: Transport, address: str) -> None:
        self._inner = inner
        self._address = address

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Send the copies one by one, since SendGrid refuses a request that names an address twice."""
        return _worst(
            [
                self._inner.send_bulk(replace(bulk, recipients=[(self._address, *recipient[1:])]))
                for recipient in bulk.recipients
            ]
        )

    def send_single(self, single: Single) -> Answer:
        """Send the message to the rehearsal's address."""
        return self._inner.send_single(replace(single, recipient=self._address))

    def probe(self) -> bool:
        """Ask the transport behind it."""
        return self._inner.probe()

    def erase(self, addresses: Sequence[str]) -> Answer:
        """Not at SendGrid, where readers' data are in earnest: it waits until the rehearsal is over."""
        if isinstance(self._inner, OutboxFolder):
            return self._inner.erase(addresses)
        return Answer(Certainty.RETRY, detail=_NOT_IN_A_REHEARSAL)

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        """Ask the transport behind it."""
        return self._inner.suppressed(since, until, deadline)

    def close(self) -> None:
        """Close the transport behind it."""
        self._inner.close()


def _worst(answers: Sequence[Answer]) -> Answer:
    if all(answer.certainty == answers[0].certainty for answer in answers):
        return answers[0]
    detail = next(answer.detail for answer in answers if answer.certainty is not Certainty.ACCEPTED)
    return Answer(Certainty.UNKNOWN, detail=f"some copies of the rehearsal left, some did not: {detail}")
