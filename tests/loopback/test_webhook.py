"""The loopback SendGrid reports as the real one does: its shapes, its signature, its bad manners."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sendgrid.helpers.eventwebhook import EventWebhook as TheirWebhook

from .client import send
from .events import Event
from .sendgrid import LoopbackSendGrid
from .test_rules import digest
from .webhook import PATH, SIGNATURE, TIMESTAMP, Behaviour, EventWebhook, http_post, public_key


class Site:
    """A site that takes every POST."""

    def __init__(self) -> None:
        self.taken: list[tuple[Mapping[str, str], bytes]] = []

    def post(self, headers: Mapping[str, str], body: bytes) -> int:
        self.taken.append((headers, body))
        return 204

    def events(self) -> list[Event]:
        return [event for _, body in self.taken for event in json.loads(body)]


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def webhook(site: Site) -> EventWebhook:
    return EventWebhook(site.post)


def test_an_event_has_sendgrids_shape(sendgrid: LoopbackSendGrid, site: Site, webhook: EventWebhook) -> None:
    send(sendgrid, digest(1))
    assert webhook.report(sendgrid.accepted, Behaviour.PROMPT, "deferred") == [204]
    [event] = site.events()
    assert str(event["sg_message_id"]).startswith(f"{sendgrid.accepted[0].message_id}.")
    assert event["email"] == "reader0@example.org"
    assert event["attempt"] == "5"
    assert event["digest_delivery"] == "0"
    assert event.keys() >= {"timestamp", "smtp-id", "event", "category", "sg_event_id", "response"}
    assert site.taken[0][1].endswith(b"}]\r\n")


def test_sendgrids_own_helper_finds_the_signature_right(
    sendgrid: LoopbackSendGrid, site: Site, webhook: EventWebhook
) -> None:
    send(sendgrid, digest(2))
    webhook.report(sendgrid.accepted)
    webhook.report(sendgrid.accepted, Behaviour.FORGED)
    theirs = TheirWebhook(public_key())
    found = [theirs.verify_signature(body.decode(), at[SIGNATURE], at[TIMESTAMP]) for at, body in site.taken]
    assert found == [True, False]


@pytest.mark.parametrize(
    ("behaviour", "fewest", "most"),
    [
        (Behaviour.PROMPT, 200, 200),
        (Behaviour.REORDERED, 200, 200),
        (Behaviour.FORTY_SIX_TIMES, 9_200, 9_200),
        (Behaviour.MISSING, 10, 60),
        (Behaviour.NONE, 0, 0),
        (Behaviour.REPLAYED, 400, 400),
        (Behaviour.ASYNCHRONOUS, 200, 200),
        (Behaviour.LATE, 0, 0),
    ],
)
def test_it_behaves_as_ordered(
    sendgrid: LoopbackSendGrid, site: Site, webhook: EventWebhook, behaviour: Behaviour, fewest: int, most: int
) -> None:
    send(sendgrid, digest(100))
    webhook.report(sendgrid.accepted, behaviour)
    events = site.events()
    assert fewest <= len(events) <= most
    named = any("digest_attempt" in event or "sg_message_id" in event for event in events)
    assert named is (bool(events) and behaviour is not Behaviour.ASYNCHRONOUS)
    webhook.release()
    assert len(site.events()) == (200 if behaviour is Behaviour.LATE else len(events))


def test_a_replay_is_the_same_to_the_byte(sendgrid: LoopbackSendGrid, site: Site, webhook: EventWebhook) -> None:
    send(sendgrid, digest(2))
    webhook.report(sendgrid.accepted, Behaviour.REPLAYED)
    first, second = site.taken
    assert first == second


def test_it_posts_over_http() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            fine = self.path == PATH and body == b"[]\r\n" and self.headers[SIGNATURE]
            self.send_response(204 if fine else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        webhook = EventWebhook(http_post(f"http://127.0.0.1:{server.server_port}"))
        assert webhook.hand_over(webhook.signed(b"[]\r\n"), b"[]\r\n") == 204
        server.shutdown()
        thread.join()
