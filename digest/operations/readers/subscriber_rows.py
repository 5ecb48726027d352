"""One subscriber as a row of a CSV file: what may stand in it, what that makes of them, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.domain.shared.addresses import Address
from digest.domain.shared.slugs import slugify
from digest.operations.readers.pausing import LONGEST as LONGEST_PAUSE
from digest.operations.shared.csv_addresses import BANS, address_in
from digest.operations.shared.csv_rows import CsvRow
from digest.operations.shared.csv_signs import Sign, gravest, signs, unsaid
from digest.operations.shared.known_columns import FormerState, Means
from digest.storage.readers.subscribers import SubscriberState
from digest.storage.suppressions.suppressions import SuppressionReason

COLUMNS = ("email", "name", "state", "topics", "confirmed_at", "unsubscribed_at", "source", "paused_until")
LONGEST = 200

_CONFIRMED = (Means.CONFIRMED_AT, Means.DOUBLE_OPT_IN_AT)
_CONSENTED = (*_CONFIRMED, Means.OPTED_IN_AT)
"""Who only signed up, and never confirmed, has consented at no moment."""
_LINE_BREAK = re.compile(r"\s*[\n\r\v\f\x85\u2028\u2029]\s*")
_BETWEEN_TAGS = re.compile(r"[,;|\"\[\]\n]")
_OTHER_SPACE = re.compile(r"[^\S ]")
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """What a good row says; moments are aware, topics are slugs joined by commas."""

    address: Address
    name: str
    state: SubscriberState
    states_it: bool
    """Whether the file says the state; a row without one is confirmed."""
    ban: SuppressionReason | None
    """Why it is never mailed, if the file says that it bounced, complained or the like."""
    topics: str
    confirmed_at: datetime | None
    unsubscribed_at: datetime | None
    source: str
    paused_until: datetime | None = None
    """No issue before this moment; None where it has come."""
    undated: bool = False
    """Whether the file tells when they left in a way that can't be read."""
    tags: tuple[str, ...] = ()
    """As slugs; those that are topics here are their choice, where the row has no topics."""


def read_row(row: CsvRow, now: datetime, source: str) -> Row:
    """What this row says; `source` stands in for a missing one. Raises ValueError with the remedy.

    Who left has left, whatever else the row says, and however wrong that is.
    """
    if row.fault:
        raise ValueError(row.fault)
    found = signs(row.cells)
    left = gravest(found)
    address, shown = address_in(row.said(Means.EMAIL))
    if left.state:
        return _left(row, left, address, now, source)
    told = [*found, *unsaid(row.silent, found)]
    if faults := [sign.fault for sign in told if sign.fault]:
        raise ValueError(" ".join(faults))
    pending = any(sign.state is FormerState.PENDING for sign in told)
    confirmed_at = _confirmed_at(row, now, _CONFIRMED if pending else _CONSENTED)
    return Row(
        address=address,
        name=_line("name", _name(row) or shown),
        state=SubscriberState.PENDING if pending else SubscriberState.CONFIRMED,
        states_it=bool(found),
        ban=None,
        topics=_topics(row.said(Means.TOPICS)),
        confirmed_at=confirmed_at if pending else confirmed_at or now,
        unsubscribed_at=None,
        source=_line("source", row.said(Means.SOURCE)) or source,
        tags=_tags(row),
        paused_until=_paused_until(row, now),
    )


def says_left(row: CsvRow) -> bool:
    """Whether this is a good row that says, in whatever way, that they left there."""
    if row.fault or gravest(signs(row.cells)).state is None:
        return False
    try:
        address_in(row.said(Means.EMAIL))
    except ValueError:
        return False
    return True


def _left(row: CsvRow, sign: Sign, address: Address, now: datetime, source: str) -> Row:
    return Row(
        address=address,
        name=_if_good("name", _name(row)),
        state=SubscriberState.UNSUBSCRIBED,
        states_it=True,
        ban=BANS.get(sign.state) if sign.state else None,
        topics=_topics(row.said(Means.TOPICS)),
        confirmed_at=_or_none(row, *_CONSENTED),
        unsubscribed_at=min(sign.since or now, now),
        source=_if_good("source", row.said(Means.SOURCE)) or source,
        paused_until=None,
        undated=sign.undated,
        tags=_tags(row),
    )


def _confirmed_at(row: CsvRow, now: datetime, meanings: tuple[Means, ...]) -> datetime | None:
    said = row.moment(*meanings)
    if said and said > now + _A_DAY:
        raise ValueError(f"confirmed at {said:%Y-%m-%d}, which lies ahead. Correct the date.")
    return min(said, now) if said else None  # a time without its zone may be up to a day ahead


def _paused_until(row: CsvRow, now: datetime) -> datetime | None:
    until = row.moment(Means.PAUSED_UNTIL)
    if until and until > now + LONGEST_PAUSE + _A_DAY:
        raise ValueError(f"paused until {until:%Y-%m-%d}: a pause ends within {LONGEST_PAUSE.days} days. Correct it.")
    return until if until and until > now else None


def _or_none(row: CsvRow, *meanings: Means) -> datetime | None:
    try:
        return row.moment(*meanings)
    except ValueError:
        return None


def _name(row: CsvRow) -> str:
    return row.said(Means.NAME) or f"{row.said(Means.FIRST_NAME)} {row.said(Means.LAST_NAME)}".strip()


def _if_good(column: str, text: str) -> str:
    try:
        return _line(column, text)
    except ValueError:
        return ""


def _line(column: str, text: str) -> str:
    text = _OTHER_SPACE.sub(" ", _LINE_BREAK.sub(" ", text))
    if not text.isprintable():
        raise ValueError(f"{column} holds a control character, or one that nobody sees. Take it out.")
    if len(text) > LONGEST:
        raise ValueError(f"{column} is longer than {LONGEST} characters. Shorten it.")
    return text


def _topics(text: str) -> str:
    return ",".join(sorted({slug for name in text.replace(";", ",").split(",") if (slug := slugify(name))}))


def _tags(row: CsvRow) -> tuple[str, ...]:
    """`AI, "Data protection"`, `["AI"]`: of every column of tags."""
    found = (name for cell in row.cells if cell.means is Means.TAGS for name in _BETWEEN_TAGS.split(cell.text))
    return tuple(sorted({slug for name in found if (slug := slugify(name))}))
