"""What a send is measured against: the same bytes posted from memory, and a plain script with the official client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Content, From, Header, Mail, Subject, To

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.message.identity import identity_of
from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import Answer, Bulk, Certainty
from digest.mail.sendgrid.client import SendGridClient
from digest.mail.sendgrid.transport import SendGridTransport
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.posting import bulk_of
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context
from digest.storage.base.database import Database

PATIENCE = 30.0


def some_claims(db: Database, settings: Settings, issue_id: int, how_many: int) -> Sequence[Claim]:
    """Claims of a send's first batches; only for a database that is thrown away afterwards."""
    return take_turn(
        Context(db, settings, datetime.now(UTC)),
        issue_id,
        Claimant("bench"),
        (),
        [new_key() for _ in range(how_many)],
    )


def bodies(settings: Settings, claims: Sequence[Claim]) -> list[bytes]:
    """The requests of these claims as they would leave."""
    kept: list[bytes] = []

    class Keeping(SendGridTransport):
        def _post(self, body: bytes, deadline: float) -> Answer:  # noqa: ARG002
            kept.append(body)
            return Answer(Certainty.ACCEPTED)

    transport = Keeping("none", settings.sendgrid_host, identity_of(settings))
    for claim in claims:
        transport.send_bulk(bulk_of(settings, claim))
    return kept


def post_from_memory(settings: Settings, kept: Sequence[bytes], requests: int) -> float:
    """Post ready requests over kept connections, as many at once as a send does; returns the seconds it took."""
    client = SendGridClient(settings.sendgrid_api_key, settings.sendgrid_host)

    def post(number: int) -> int:
        return client.post_mail(kept[number % len(kept)], ticking() + PATIENCE).status

    return _all_at_once(settings.send_concurrency, requests, post)


def post_with_official_client(settings: Settings, kept: Sequence[bytes], requests: int) -> float:
    """Post the same requests as ready texts with the official client as it comes; returns the seconds it took."""
    client = SendGridAPIClient(settings.sendgrid_api_key, settings.sendgrid_host)
    client.client.request_headers["Content-Type"] = "application/json; charset=utf-8"
    texts = [body.decode() for body in kept]

    def post(number: int) -> int:
        status: int = client.client.mail.send.post(request_body=texts[number % len(texts)]).status_code
        return status

    return _all_at_once(settings.send_concurrency, requests, post)


def plain_script(settings: Settings, bulk: Bulk, readers: int) -> float:
    """What a plain script does: one message a reader with the official helpers; returns the seconds it took."""
    client = SendGridAPIClient(settings.sendgrid_api_key, settings.sendgrid_host)
    began = time.perf_counter()
    for number in range(readers):
        address, leave, *_ = bulk.recipients[number % len(bulk.recipients)]
        mail = Mail(From(settings.mail_from), To(address), Subject(bulk.rendered.subject))
        mail.add_content(Content("text/plain", bulk.rendered.text))
        mail.add_content(Content("text/html", bulk.rendered.html))
        mail.add_header(Header("List-Unsubscribe", f"<{bulk.leave_root}{leave}>"))
        if client.send(mail).status_code != 202:
            raise RuntimeError("the loopback SendGrid refused the plain script")
    return time.perf_counter() - began


def _all_at_once(threads: int, requests: int, post: Callable[[int], int]) -> float:
    failures: list[int] = []

    def work(first: int) -> None:
        failures.extend(status for number in range(first, requests, threads) if (status := post(number)) != 202)

    workers = [threading.Thread(target=work, args=(first,)) for first in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    if failures:
        raise RuntimeError(f"the loopback SendGrid refused {len(failures)} requests, the first with {failures[0]}")
    return took
