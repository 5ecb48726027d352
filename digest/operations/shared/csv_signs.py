"""What the cells of one row say about somebody: whether they left, bounced, complained or never confirmed, and when.

A sign of leaving counts, whatever else the row says. What can't be understood is never taken for a yes, and neither is
an empty cell in a column that says who stays or who confirmed: a box that nobody ticked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from digest.operations.shared.csv_dates import moment
from digest.operations.shared.csv_words import answer, is_negative, known, says_nothing, tags_of_leaving
from digest.operations.shared.known_columns import FormerState, Means, plain

_SMTP = re.compile(r"(?:smtp\W+)?[45](?:\d\d\b|\.\d{1,3}\.\d{1,3}\b)", re.IGNORECASE)
"""A mail server's refusal (RFC 5321, section 4.2; RFC 3463)."""

_LEAVING: Mapping[Means, FormerState] = {
    Means.LEFT: FormerState.LEFT,
    Means.OBJECTED: FormerState.OBJECTED,
    Means.INVALID: FormerState.INVALID,
    Means.BOUNCED: FormerState.BOUNCED,
    Means.COMPLAINED: FormerState.COMPLAINED,
}
_REMEDIES: Mapping[Means, str] = {
    Means.STATE: (
        "use confirmed, pending, unsubscribed, or leave it empty. If the column is about something else, such as a "
        "region, leave it out with --ignore {column}"
    ),
    Means.REASON: "use bounce, complaint, invalid, objection, or leave it empty",
}
SAY_LEFT = frozenset({*_LEAVING, Means.STATE, Means.STAYS, Means.WHY_LEFT, Means.WHY_BOUNCED, Means.REASON})
"""Columns that are there to say who left, alone or among others."""


@dataclass(frozen=True)
class Cell:
    """A cell that says something: its column's name and meaning, and its text."""

    column: str
    means: Means
    text: str


@dataclass(frozen=True)
class Sign:
    """Where one cell says that somebody stands, and since when; or why the cell can't be understood."""

    state: FormerState | None = None
    since: datetime | None = None
    fault: str = ""
    undated: bool = False
    """Whether it tells since when in a way that can't be read."""


def signs(cells: Iterable[Cell]) -> list[Sign]:
    """What those of the cells say that are about where somebody stands, and say anything."""
    found = (_READERS[cell.means](cell) for cell in cells if cell.means in _READERS and not says_nothing(cell.text))
    return [sign for sign in found if sign.state or sign.fault]


def unsaid(silent: Iterable[Cell], found: Iterable[Sign]) -> list[Sign]:
    """What it means that these cells say nothing, in a row of which the others say what was found."""
    confirmed = any(sign.state is FormerState.CONFIRMED for sign in found)
    told = (SILENCES[cell.means](cell) for cell in silent if not (cell.means is Means.DOUBLE_OPT_IN_AT and confirmed))
    return [sign for sign in told if sign.state or sign.fault]


def gravest(found: Iterable[Sign]) -> Sign:
    """The sign of leaving that weighs most, or none; with the earliest moment that any of them tells."""
    leaving = [sign for sign in found if sign.state and sign.state.value >= FormerState.LEFT.value]
    if not leaving:
        return Sign()
    worst = max(leaving, key=lambda sign: sign.state.value if sign.state else 0)
    since = min((sign.since for sign in leaving if sign.since), default=None)
    return Sign(worst.state, since, undated=since is None and any(sign.undated for sign in leaving))


def _word(cell: Cell) -> Sign:
    if _SMTP.match(cell.text):
        return Sign(FormerState.BOUNCED)
    state = known(cell.text)
    return Sign(state) if state else _not_understood(cell, _REMEDIES[cell.means].format(column=quote(cell.column)))


def _left(cell: Cell) -> Sign:
    said, word = answer(cell.text), known(cell.text)
    if said is False or word is FormerState.CONFIRMED:
        return Sign(FormerState.CONFIRMED)
    if word and word.value >= FormerState.LEFT.value:
        return Sign(word)
    if said or word:
        return Sign(_LEAVING[cell.means])
    if any(map(str.isdigit, cell.text)) and not is_negative(cell.text):
        since = _since(cell)
        return Sign(_LEAVING[cell.means], since, undated=since is None)
    return _not_understood(cell, "use yes or no, or the date")


def _stays(cell: Cell) -> Sign:
    said = answer(cell.text)
    if said is False:
        return Sign(FormerState.LEFT)
    if said or _since(cell):
        return Sign(FormerState.CONFIRMED)
    word = known(cell.text)
    return Sign(word) if word else _not_understood(cell, "use yes or no")


def _confirmed(cell: Cell) -> Sign:
    return Sign(FormerState.PENDING) if answer(cell.text) is False else _stays(cell)


def _pending(cell: Cell) -> Sign:
    said = answer(cell.text)
    if said is False:
        return Sign(FormerState.CONFIRMED)
    return Sign(FormerState.PENDING) if said or _since(cell) else _not_understood(cell, "use yes or no")


def _no_answer(cell: Cell) -> Sign:
    remedy = f"write yes or no, or leave the column out with --ignore {quote(cell.column)}"
    return Sign(fault=f"{cell.column} is empty: {remedy}.")


def _never_confirmed(_: Cell) -> Sign:
    return Sign(FormerState.PENDING)


def _no_state(cell: Cell) -> Sign:
    return _word(cell) if plain(cell.text) else Sign()


def _why(cell: Cell) -> Sign:
    if _SMTP.match(cell.text):
        return Sign(FormerState.BOUNCED)
    state = known(cell.text)
    if state and state.value >= FormerState.LEFT.value:
        return Sign(state)
    return Sign(FormerState.BOUNCED if cell.means is Means.WHY_BOUNCED else FormerState.LEFT)


def _tags(cell: Cell) -> Sign:
    return Sign(max(tags_of_leaving(cell.text), key=lambda state: state.value, default=None))


def _since(cell: Cell) -> datetime | None:
    try:
        return moment(cell.column, cell.text)
    except ValueError:
        return None


def _not_understood(cell: Cell, remedy: str) -> Sign:
    return Sign(fault=f"{cell.column} “{cell.text[:40]}” is not known: {remedy}.")


_READERS: Mapping[Means, Callable[[Cell], Sign]] = {
    Means.STATE: _word,
    Means.REASON: _word,
    **dict.fromkeys(_LEAVING, _left),
    Means.STAYS: _stays,
    Means.CONFIRMED: _confirmed,
    Means.PENDING: _pending,
    Means.WHY_LEFT: _why,
    Means.WHY_BOUNCED: _why,
    Means.TAGS: _tags,
}
SIGNS = frozenset(_READERS)
"""Columns in which something may say so."""

SILENCES: Mapping[Means, Callable[[Cell], Sign]] = {
    Means.STATE: _no_state,
    Means.STAYS: _no_answer,
    Means.CONFIRMED: _never_confirmed,
    Means.DOUBLE_OPT_IN_AT: _never_confirmed,
}
"""Columns in which it says something that a cell says nothing.

A state that somebody left empty is no state; one that is `none` or `NULL` is a word that nobody knows.
"""
