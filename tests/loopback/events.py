"""Events of accepted mail in SendGrid's own shape."""

import json
import random
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .journal import Copy, Received

Event = dict[str, Any]


def events_of(
    accepted: Iterable[Received], names: Sequence[str], chance: random.Random | None = None
) -> Iterator[Event]:
    """These events of every accepted copy, each a second after the one before."""
    chance = chance or random.Random(0)  # noqa: S311
    for received in accepted:
        for copy in received.copies:
            for after, name in enumerate(names):
                yield event_of(copy, name, received, int(received.time) + after, chance)


def event_of(copy: Copy, name: str, received: Received, at: int, chance: random.Random | None = None) -> Event:
    """One event of one copy: custom args flattened among SendGrid's own names, which win."""
    chance = chance or random.Random(0)  # noqa: S311
    category = "digest" if "digest_issue" in copy.args else "message"
    return {
        **copy.args,
        "email": copy.address,
        "timestamp": at,
        "smtp-id": f"<{received.message_id}@geopod-ismtpd-1>",
        "category": chance.choice((category, [category])),
        "sg_event_id": event_id(chance),
        "sg_message_id": f"{received.message_id}.recvd-5f6c9b-1-{at:X}-{received.index}.0",
        **SHAPES[name],
    }


def event_id(chance: random.Random) -> str:
    """A fresh `sg_event_id`."""
    return b64encode(chance.randbytes(16)).decode().rstrip("=")


def body_of(events: Sequence[Event]) -> bytes:
    """The events as SendGrid writes them: one a line, and a line's end after the last."""
    lines = ",\r\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    return f"[{lines}]\r\n".encode()


SHAPES: Mapping[str, Event] = {
    "processed": {"event": "processed"},
    "deferred": {"event": "deferred", "response": "451 4.7.1 try again later", "attempt": "5", "domain": "example.org"},
    "delivered": {"event": "delivered", "response": "250 2.0.0 OK queued as 4Vf2x", "ip": "198.51.100.7", "tls": 1},
    "bounce": {
        "event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 The account does not exist",
        "bounce_classification": "Invalid Address", "ip": "198.51.100.7", "tls": 1,
    },
    "blocked": {
        "event": "bounce", "type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 refused by policy",
        "bounce_classification": "Reputation", "ip": "198.51.100.7", "tls": 1,
    },
    "dropped": {"event": "dropped", "reason": "Bounced Address", "status": "5.0.0"},
    "dropped spam": {"event": "dropped", "reason": "Spam Reporting Address", "status": "5.0.0"},
    "dropped invalid": {"event": "dropped", "reason": "Invalid", "status": "5.0.0"},
    "dropped unsubscribed": {"event": "dropped", "reason": "Unsubscribed Address", "status": "5.0.0"},
    "dropped content": {"event": "dropped", "reason": "Spam Content", "status": "5.0.0"},
    "spamreport": {"event": "spamreport"},
    "unsubscribe": {"event": "unsubscribe"},
    "group_unsubscribe": {
        "event": "group_unsubscribe", "asm_group_id": 10, "ip": "198.51.100.7", "useragent": "Mozilla/5.0",
        "url": "http://www.sendgrid.com/",
    },
    "group_resubscribe": {"event": "group_resubscribe", "asm_group_id": 10},
    "open": {"event": "open", "ip": "203.0.113.9", "useragent": "Mozilla/5.0 (planted)", "sg_machine_open": False},
    "click": {"event": "click", "ip": "203.0.113.9", "useragent": "Mozilla/5.0 (planted)", "url": "https://a.example/"},
    "account_status_change": {"event": "account_status_change", "type": "compliance_suspend"},
}  # fmt: skip
"""What distinguishes each kind of event, by the name that `report` takes."""
