"""The numbers of a list's entries, in figures, letters or Roman."""

from __future__ import annotations

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


def counted_as(kind: str, number: int) -> str:
    """The number as the `type` of an HTML list shows it: `1`, `a`, `A`, `i` or `I`; in figures where letters end."""
    if kind in ("a", "A") and number > 0:
        letters = _letters(number)
    elif kind in ("i", "I") and 0 < number < 4000:
        letters = _roman(number)
    else:
        return str(number)
    return letters.upper() if kind.isupper() else letters


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _roman(number: int) -> str:
    letters = ""
    for value, sign in _ROMAN:
        count, number = divmod(number, value)
        letters += sign * count
    return letters
