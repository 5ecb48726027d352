"""Where messages leave: one small protocol and the values that pass through it.

A transport never raises for what the other side did: it returns an Answer that says what is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from digest.mail.message.rendering import Rendered, Tags


class Certainty(StrEnum):
    """What we know after handing something over."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Certainly not sent, and not because of this batch's readers: the whole send has to wait for a remedy."""
    RETRY = "retry"
    """Certainly not sent; the same again later."""
    NEVER_LEFT = "never left"
    """Certainly not sent, because nothing was tried: it may go at once."""
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
    too_many: bool = False
    """Whether the other side asked for less at a time."""
    of_edition: bool = False
    """Whether it was refused for what its edition says: other editions may go."""
    offenders: Mapping[int, str] = field(default_factory=dict)


Recipient = tuple[str, str, str, str, int]
"""One reader's share of a bulk message, plain because a send makes one for every reader.

Address; the tokens of this reader's unsubscribe and preferences links, as `domain.shared.tokens` seals them; since when
the reader subscribes, such as `3 February 2024`; the delivery's id.
"""


@dataclass(frozen=True)
class Bulk:
    """One rendered digest for up to 1,000 recipients, under one attempt at one batch."""

    rendered: Rendered
    tags: Tags
    recipients: Sequence[Recipient]
    leave_root: str
    """What a recipient's unsubscribe token is put behind to make an address."""
    choose_root: str
    headers: Mapping[str, str]
    category: str
    issue: str
    """Its date, as in 2024-05-17."""
    batch: int
    attempt: str
    deadline: float
    """On `deadline.ticking`: nothing may leave after it."""
    at: datetime
    """When it was ready to leave: its date."""
    sender_name: str = ""
    """Whom it is from; empty: as the transport was opened."""

    def values_of(self, recipient: Recipient) -> Mapping[str, str]:
        """What stands in place of each tag for one reader."""
        _, leave, choose, since, _ = recipient
        return {
            self.tags.unsubscribe: self.leave_root + leave,
            self.tags.preferences: self.choose_root + choose,
            self.tags.since: since,
        }


def leave_headers(address: str) -> Mapping[str, str]:
    """RFC 8058, section 3: one HTTPS address, and the header that says one POST to it is enough."""
    return {"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


@dataclass(frozen=True)
class Single:
    """One message to one address. `reference` names it for good, so that writing it twice leaves one file."""

    reference: str
    recipient: str
    rendered: Rendered
    headers: Mapping[str, str]
    category: str
    at: datetime
    """When it was ready to leave: its date."""
    sender_name: str = ""
    """Whom it is from; empty: as the transport was opened."""


class SuppressionList(StrEnum):
    """One of the lists, as SendGrid names it in its addresses."""

    BOUNCES = "bounces"
    SPAM_REPORTS = "spam_reports"
    INVALID_EMAILS = "invalid_emails"


@dataclass(frozen=True)
class ListEntry:
    """One entry: the address as SendGrid has it, and since when; None where it does not say."""

    address: str
    since: datetime | None


class ListMark(NamedTuple):
    """How far a list was read."""

    read_to: datetime
    """All entries from before this moment were read."""
    window_to: datetime | None = None
    """Up to which moment to ask next, where more would not fit in a page."""


@dataclass(frozen=True)
class ListPage:
    """Some entries of one list."""

    of: SuppressionList
    entries: tuple[ListEntry, ...]
    mark: ListMark | None = None
    """Where to go on after this page."""


@dataclass(frozen=True)
class UnreadList:
    """A list that could not be read to its end, and why, in words."""

    of: SuppressionList
    why: str


class Transport(Protocol):
    """Where messages leave."""

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Hand over one message for many recipients: all of it or nothing."""

    def send_single(self, single: Single) -> Answer:
        """Hand over one message."""

    def probe(self) -> bool:
        """Whether the other side answers a harmless question; asked after an unknown outcome, before more leaves."""

    def erase(self, addresses: Sequence[str]) -> Answer:
        """Have the other side erase what it holds about up to 5,000 addresses. Asked twice, it does no harm."""

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        """Whom the other side mails no more, page by page: of each list the entries since its mark, or all of them.

        `until` is now. `deadline` is on `deadline.ticking` and holds for all pages together. Nothing, where nobody
        keeps such lists.
        """

    def close(self) -> None:
        """Give back what it keeps open; it can be used again."""
