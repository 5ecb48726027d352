"""Which cells of a table hold a date, a sum or a number, which nobody can read when it is broken over two lines."""

from __future__ import annotations

import re

LONGEST = 11
"""Characters: `12 May 2024`. Four such cells fit beside each other on a phone."""

_CELL = re.compile(r"<t[dh]\b(?=[^<>]*>)", re.IGNORECASE)
_REST = re.compile(r"[^<>]*>")
_FIGURE = re.compile(
    rf"\s*(?:<[a-z]+>)?(?=[^<]*\d)(?:[^<&]|&#?\w{{1,8}};){{1,{LONGEST}}}(?:</[a-z]+>)?\s*</t[dh]", re.IGNORECASE
)


def is_figure(html: str, start: int) -> bool:
    """Whether the cell whose words begin at `start` in sanitised HTML is short and has a digit."""
    return bool(_FIGURE.match(html, start))


def marked(html: str) -> str:
    """Sanitised HTML in which such cells have the class `whole`."""
    return _CELL.sub(lambda cell: cell[0] + (' class="whole"' if _begins_figure(cell) else ""), html)


def _begins_figure(cell: re.Match[str]) -> bool:
    rest = _REST.match(cell.string, cell.end())
    return rest is not None and is_figure(cell.string, rest.end())
