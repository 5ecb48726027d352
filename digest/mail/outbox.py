"""Where messages leave: one small protocol and the values that pass through it.

An outbox never raises for what the other side did: it returns an Answer that says what is certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from digest.mail.rendering import Rendered


class Certainty(StrEnum):
    """What we know after handing something over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Certainly not sent, and not because of this batch's readers: the whole send has to wait for a remedy."""
    RETRY = "retry"
    """Certainly not sent; the same again later."""
    OFFENDERS = "offenders"
    """Certainly not sent, because of single recipients."""
    TOO_LARGE = "too large"
    """Certainly not sent; a smaller one may go."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Answer:
    """What came of one hand-over. `retry_after` is in seconds; `offenders` maps a recipient's index to the reason."""

    certainty: Certainty
    status: int | None = None
    message_id: str = ""
    detail: str = ""
    retry_after: float | None = None
    offenders: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipient:
    """One reader's share of a bulk message: address, what replaces the tags, headers, what events bring back."""

    address: str
    values: Mapping[str, str]
    headers: Mapping[str, str]
    args: Mapping[str, str]


@dataclass(frozen=True)
class Bulk:
    """One rendered digest for up to 1,000 recipients."""

    rendered: Rendered
    recipients: Sequence[Recipient]
    headers: Mapping[str, str]
    category: str
    deadline: float
    """On the monotonic clock: nothing may leave after it."""


@dataclass(frozen=True)
class Single:
    """One message to one address. `reference` names it for good, so that writing it twice leaves one file."""

    reference: str
    recipient: str
    rendered: Rendered
    headers: Mapping[str, str]
    category: str


class Outbox(Protocol):
    """Where messages leave."""

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Hand over one message for many recipients: all of it or nothing."""

    def send_single(self, single: Single) -> Answer:
        """Hand over one message."""

    def close(self) -> None:
        """Give back what it keeps open; it can be used again."""
