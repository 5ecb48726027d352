"""What the loopback SendGrid reports of the mail that it accepted: signed POSTs of events, as the real one sends them.

    environ["SENDGRID_WEBHOOK_KEY"] = public_key()
    webhook = EventWebhook(http_post("http://127.0.0.1:8000"))       # or flask_post(client)
    webhook.report(sendgrid.accepted)                                # processed and delivered, at once
    webhook.report(sendgrid.accepted, Behaviour.LATE, "bounce")      # kept until webhook.release()

`report` takes what was accepted, from a running loopback or from `read_journal(path)`, and returns the statuses that
its POSTs were answered with. Every chance is drawn from `seed`.
"""

import http.client
import random
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient

from .events import Event, body_of, event_id, events_of
from .journal import Received

PATH = "/events/sendgrid"
SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
SECRET = 20_240_517
"""The private key that events are signed with, unless another is given."""
FORGER = 666
SHARE_THAT_COMES = 0.17

Post = Callable[[Mapping[str, str], bytes], int]
"""Hands one POST over, and returns the status that it was answered with."""


class Behaviour(StrEnum):
    """How the reports come."""

    PROMPT = "prompt"
    LATE = "late"
    """Kept until `release`."""
    FORTY_SIX_TIMES = "46 times"
    """Each event 46 times, some under new ids, in any order."""
    REORDERED = "reordered"
    MISSING = "83 % missing"
    NONE = "none"
    FORGED = "forged"
    """Signed by somebody else."""
    REPLAYED = "replayed"
    """Every POST comes again, to the byte."""
    ASYNCHRONOUS = "asynchronous"
    """Without message ids and custom args: only the address is left, as in bounces that come by mail."""


@dataclass(frozen=True)
class Posted:
    """One POST as it was sent."""

    headers: Mapping[str, str]
    body: bytes
    status: int


class EventWebhook:
    """The side of SendGrid that reports. `post` hands a POST over; `per_post` events go in one."""

    def __init__(
        self,
        post: Post,
        *,
        secret: int = SECRET,
        seed: int = 0,
        per_post: int = 100,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Report nothing yet."""
        self._post = post
        self._secret = secret
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
        self._per_post = per_post
        self._now = now
        self._kept: list[Event] = []
        self.posted: list[Posted] = []

    def report(self, accepted: Iterable[Received], behaviour: Behaviour = Behaviour.PROMPT, *names: str) -> list[int]:
        """Report these events (`events.SHAPES`; by default `processed`, then `delivered`) of every accepted copy."""
        events = list(events_of(accepted, names or ("processed", "delivered"), self._random))
        return self.tell(events, behaviour)

    def tell(self, events: Sequence[Event], behaviour: Behaviour = Behaviour.PROMPT) -> list[int]:
        """Report these events."""
        if behaviour is Behaviour.LATE:
            self._kept += events
            return []
        statuses = self._send(_TURNED[behaviour](list(events), self._random), behaviour)
        return statuses + self.replay(len(statuses)) if behaviour is Behaviour.REPLAYED else statuses

    def release(self) -> list[int]:
        """Report what was kept."""
        kept, self._kept = self._kept, []
        return self.tell(kept)

    def replay(self, last: int | None = None) -> list[int]:
        """Send the last POSTs, or all, again to the byte."""
        again = list(self.posted) if last is None else self.posted[len(self.posted) - last :]
        return [self.hand_over(one.headers, one.body) for one in again]

    def hand_over(self, headers: Mapping[str, str], body: bytes) -> int:
        """Send one POST as it is, and remember it."""
        status = self._post(headers, body)
        self.posted.append(Posted(headers, body, status))
        return status

    def signed(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """The headers of a POST with this body, signed now or at another time (Unix seconds)."""
        return signed_headers(body, str(int(self._now()) if timestamp is None else timestamp), self._secret)

    def _send(self, events: list[Event], behaviour: Behaviour) -> list[int]:
        statuses = []
        for start in range(0, len(events), self._per_post):
            body = body_of(events[start : start + self._per_post])
            secret = FORGER if behaviour is Behaviour.FORGED else self._secret
            statuses.append(self.hand_over(signed_headers(body, str(int(self._now())), secret), body))
        return statuses


def public_key(secret: int = SECRET) -> str:
    """What belongs into SENDGRID_WEBHOOK_KEY."""
    key = derive_private_key(secret, SECP256R1()).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def signed_headers(body: bytes, timestamp: str, secret: int = SECRET) -> dict[str, str]:
    """The headers that SendGrid's POST of this body carries."""
    signature = derive_private_key(secret, SECP256R1()).sign(timestamp.encode() + body, ECDSA(SHA256()))
    return {SIGNATURE: b64encode(signature).decode(), TIMESTAMP: timestamp, "Content-Type": "application/json"}


def flask_post(client: FlaskClient) -> Post:
    """Hand over to an application within this process."""
    return lambda headers, body: client.post(PATH, headers=dict(headers), data=body).status_code


def http_post(url: str) -> Post:
    """Hand over to the site at `url`, over HTTP. Raises OSError where nobody answers."""
    host = urlsplit(url).netloc

    def post(headers: Mapping[str, str], body: bytes) -> int:
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            connection.request("POST", PATH, body, dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()

    return post


def _many_times(events: list[Event], chance: random.Random) -> list[Event]:
    many = [event | {"sg_event_id": event_id(chance)} if chance.random() < 0.1 else event for event in events * 46]
    return _shuffled(many, chance)


def _shuffled(events: list[Event], chance: random.Random) -> list[Event]:
    return chance.sample(events, len(events))


def _mostly_missing(events: list[Event], chance: random.Random) -> list[Event]:
    return [event for event in events if chance.random() < SHARE_THAT_COMES]


def _without_names(events: list[Event], _chance: random.Random) -> list[Event]:
    named = ("smtp-id", "sg_message_id", "category")
    return [
        {name: value for name, value in event.items() if name not in named and not name.startswith("digest_")}
        for event in events
    ]


def _all(events: list[Event], _chance: random.Random) -> list[Event]:
    return events


_TURNED: Mapping[Behaviour, Callable[[list[Event], random.Random], list[Event]]] = {
    Behaviour.PROMPT: _all,
    Behaviour.FORTY_SIX_TIMES: _many_times,
    Behaviour.REORDERED: _shuffled,
    Behaviour.MISSING: _mostly_missing,
    Behaviour.NONE: lambda _events, _chance: [],
    Behaviour.FORGED: _all,
    Behaviour.REPLAYED: _all,
    Behaviour.ASYNCHRONOUS: _without_names,
}
