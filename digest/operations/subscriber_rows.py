"""One subscriber as a row of a CSV file: its columns, what may stand in them, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.domain.addresses import Address, parse
from digest.domain.slugs import slugify
from digest.operations.csv_rows import moment
from digest.storage.subscribers import SubscriberState

COLUMNS = ("email", "name", "state", "topics", "confirmed_at", "unsubscribed_at", "source")
LONGEST = 200


@dataclass(frozen=True)
class Row:
    """What a good row says; moments are aware, topics are slugs joined by commas."""

    address: Address
    name: str
    state: SubscriberState
    states_it: bool
    """Whether the file says the state; a row without one is confirmed."""
    topics: str
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None
    source: str


def read_row(cells: Mapping[str, str], now: datetime, source: str) -> Row:
    """The row in these cells, by column; `source` stands in for a missing one. Raises ValueError with the remedy."""
    state = _state(cells.get("state", ""))
    confirmed_at = moment("confirmed_at", cells.get("confirmed_at", ""))
    unsubscribed_at = moment("unsubscribed_at", cells.get("unsubscribed_at", ""))
    left = state is SubscriberState.UNSUBSCRIBED
    return Row(
        address=parse(cells.get("email", "")),
        name=_line("name", cells.get("name", "")),
        state=state,
        states_it=bool(cells.get("state", "")),
        topics=_topics(cells.get("topics", "")),
        confirmed_at=(confirmed_at or now) if state is SubscriberState.CONFIRMED else confirmed_at,
        unsubscribed_at=(unsubscribed_at or now) if left else None,
        source=_line("source", cells.get("source", "")) or source,
    )


def _state(text: str) -> SubscriberState:
    try:
        return SubscriberState(text.lower()) if text else SubscriberState.CONFIRMED
    except ValueError:
        raise ValueError(f"state “{text[:40]}”: use {', '.join(SubscriberState)}, or leave it empty.") from None


def _line(column: str, text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{column} holds a line break or a control character. Take it out.")
    if len(text) > LONGEST:
        raise ValueError(f"{column} is longer than {LONGEST} characters. Shorten it.")
    return text


def _topics(text: str) -> str:
    return ",".join(sorted({slug for name in text.replace(";", ",").split(",") if (slug := slugify(name))}))
