"""A SendGrid in memory, for the state machine: it decides at once, and its books are the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.mail.outgoing.interface import Answer, Bulk, Certainty, ListMark, ListPage, Single, UnreadList


class Mood(StrEnum):
    """What comes of a request."""

    SILENT = "takes it and says nothing"
    TAKES = "takes it and says so"
    LOSES = "loses it and says nothing"
    BUSY = "says 429"
    BROKEN = "says 503, though it took it"
    UNREACHABLE = "cannot be reached"


_ANSWERS = {
    Mood.TAKES: Answer(Certainty.ACCEPTED, 202, "message"),
    Mood.SILENT: Answer(Certainty.UNKNOWN, None, detail="no answer"),
    Mood.LOSES: Answer(Certainty.UNKNOWN, None, detail="no answer"),
    Mood.BUSY: Answer(Certainty.RETRY, 429, detail="too many", too_many=True),
    Mood.BROKEN: Answer(Certainty.UNKNOWN, 503, detail="SendGrid answered 503"),
    Mood.UNREACHABLE: Answer(Certainty.RETRY, None, detail="could not be reached"),
}
_TAKEN = {Mood.TAKES, Mood.SILENT, Mood.BROKEN}


@dataclass
class SendGridInMemory:
    """Who was accepted, by issue and address."""

    books: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken: dict[str, Bulk] = field(default_factory=dict)
    """What it took, by attempt."""

    def post(self, bulk: Bulk, mood: Mood) -> Answer:
        """One request, and what comes of it."""
        if mood in _TAKEN:
            self.books.update((bulk.issue, address) for address, *_ in bulk.recipients)
            self.taken[bulk.attempt] = bulk
        return _ANSWERS[mood]

    def send_bulk(self, bulk: Bulk) -> Answer:
        """As a transport."""
        return self.post(bulk, Mood.TAKES)

    def send_single(self, single: Single) -> Answer:  # noqa: ARG002
        """Takes everything."""
        return _ANSWERS[Mood.TAKES]

    def probe(self) -> bool:
        """Is well."""
        return True

    def erase(self, addresses: Sequence[str]) -> Answer:  # noqa: ARG002
        """Takes everything."""
        return _ANSWERS[Mood.TAKES]

    def suppressed(
        self,
        since: Mapping[str, ListMark],  # noqa: ARG002
        until: datetime,  # noqa: ARG002
        deadline: float,  # noqa: ARG002
    ) -> Iterable[ListPage | UnreadList]:
        """Keeps no lists."""
        return ()

    def close(self) -> None:
        """Has nothing open."""
