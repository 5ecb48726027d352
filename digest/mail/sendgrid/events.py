"""SendGrid's Event Webhook: whether a POST is really SendGrid's, and what its events say, as values.

Facts: twilio.com/docs/sendgrid, "Event Webhook Reference" and "Event Webhook Security Features". Opens and clicks are
left out here, at the door: nothing behind it could store them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from digest.domain.shared.addresses import key_of
from digest.domain.shared.signatures import is_signed

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

WINDOW = timedelta(hours=25)
"""How old a POST may be: SendGrid tries for 24 hours."""
SKEW = timedelta(minutes=5)
"""How far ahead of ours SendGrid's clock may be."""

_LONGEST_REASON = 500
_ADDRESS = re.compile(r"(?<![^\s@])[^\s@]+@\S*")
_ATTEMPT = re.compile(r"[0-9a-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class Kind(StrEnum):
    """What an event tells of one message."""

    PROCESSED = "processed"
    """SendGrid has it and will try; nothing more."""
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    """The mailbox's server refused this message, not the address."""
    DROPPED = "dropped"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT = "left"
    """The reader used an unsubscribe link of SendGrid's own."""


class Ground(StrEnum):
    """Why its address should not be mailed again."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    INVALID = "invalid"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Args:
    """The custom args that every copy carries."""

    issue: date
    batch: int
    attempt: str
    delivery: int


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `address` is in its unique form; `reason` is in others' words, without addresses."""

    kind: Kind
    address: str
    at: datetime
    reason: str
    ground: Ground | None
    args: Args | None
    """None unless all four are there and whole."""
    message: int | None
    """The number of the single message that it is about."""
    bare: bool
    """It names no message at all, as asynchronous bounces may: only the address tells whom it is about."""
    request: str = ""
    """SendGrid's `sg_message_id` where nothing of ours is with it; begins with the id that it gave our request."""


class NotEvents(ValueError):
    """A body that is no array of events."""


def is_sendgrids(body: bytes, signature: str, timestamp: str, key: str) -> bool:
    """Whether SendGrid signed this POST: the timestamp's header and the body, to the byte. `key` is base64 DER."""
    return is_signed(timestamp.encode("utf-8", "replace") + body, signature, key)


def is_recent(timestamp: str, now: datetime) -> bool:
    """Whether the POST (by its timestamp's header, in Unix seconds) is young enough to count."""
    if not _NUMBER.fullmatch(timestamp) or len(timestamp) > 12:
        return False
    age = timedelta(seconds=now.timestamp() - int(timestamp))
    return -SKEW <= age <= WINDOW


def parse(body: bytes, now: datetime) -> list[Event]:
    """The events in a POST's body that we can use, in its order. Raises NotEvents.

    What is unknown, or not as SendGrid describes it, is left out. An event without a usable time, or from the future,
    is of `now`.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NotEvents("not JSON") from None
    if not isinstance(found, list):
        raise NotEvents("not an array")
    events = (_event(one, now) for one in found if isinstance(one, dict))
    return [event for event in events if event is not None]


def _event(found: Mapping[str, object], now: datetime) -> Event | None:
    address = key_of(_text(found, "email").strip())
    kind = _kind(found)
    if kind is None or address is None:
        return None
    reason = _reason(found)
    args = _args(found)
    message = _message(_text(found, _MESSAGE))
    nameless = found.keys().isdisjoint((*_ARGS, _MESSAGE))
    bare = nameless and not found.get("sg_message_id")
    request = _text(found, "sg_message_id") if nameless else ""
    ground = _DROPS.get(reason.lower()) if kind is Kind.DROPPED else _GROUNDS.get(kind)
    return Event(kind, address, _at(found.get("timestamp"), now), reason, ground, args, message, bare, request)


def _kind(found: Mapping[str, object]) -> Kind | None:
    kind = _KINDS.get(_text(found, "event"))
    if kind is Kind.BOUNCED and _text(found, "type") not in ("", "bounce"):
        return Kind.BLOCKED
    return kind


def _reason(found: Mapping[str, object]) -> str:
    """`reason`, or the `response` of the mailbox's server: one printable line, and no address, for it is kept."""
    line = (_text(found, "reason") or _text(found, "response"))[: 2 * _LONGEST_REASON]
    if not line.isprintable():
        line = "".join(character if character.isprintable() else " " for character in line)
    line = " ".join(line.split())
    return (_ADDRESS.sub("(address)", line) if "@" in line else line)[:_LONGEST_REASON]


def _at(seconds: object, now: datetime) -> datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < now.timestamp():
        return now
    return datetime.fromtimestamp(seconds, UTC)


def _args(found: Mapping[str, object]) -> Args | None:
    issue, batch, attempt, delivery = (_text(found, name) for name in _ARGS)
    if not (_ATTEMPT.fullmatch(attempt) and _NUMBER.fullmatch(batch) and _NUMBER.fullmatch(delivery)):
        return None
    try:
        return Args(date.fromisoformat(issue), int(batch), attempt, int(delivery))
    except ValueError:
        return None


def _message(reference: str) -> int | None:
    number, dash, _ = reference.partition("-")
    return int(number) if dash and _NUMBER.fullmatch(number) else None


def _text(found: Mapping[str, object], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


_ARGS = ("digest_issue", "digest_batch", "digest_attempt", "digest_delivery")
_MESSAGE = "digest_message"

_KINDS: Mapping[str, Kind] = {
    "processed": Kind.PROCESSED,
    "deferred": Kind.DEFERRED,
    "delivered": Kind.DELIVERED,
    "dropped": Kind.DROPPED,
    "bounce": Kind.BOUNCED,
    "spamreport": Kind.COMPLAINED,
    "unsubscribe": Kind.LEFT,
    "group_unsubscribe": Kind.LEFT,
}

_GROUNDS: Mapping[Kind, Ground] = {
    Kind.BOUNCED: Ground.BOUNCE,
    Kind.COMPLAINED: Ground.COMPLAINT,
    Kind.LEFT: Ground.LEFT,
}

_DROPS: Mapping[str, Ground] = {
    "bounced address": Ground.BOUNCE,
    "spam reporting address": Ground.COMPLAINT,
    "invalid": Ground.INVALID,
    "unsubscribed address": Ground.LEFT,
}
"""Why SendGrid drops a message, in its words. Other reasons (content, the account's limits) are not the address's."""
