"""The wrapping that every text part uses."""

from __future__ import annotations

import re
import textwrap

WIDTH = 72

_BREAKING = re.compile(r"[ \t\n\r\f\v]+")


def wrap(text: str, first: str = "", rest: str | None = None, width: int = WIDTH) -> str:
    """One paragraph at the width; addresses are never broken, so a longer one stands out alone."""
    return textwrap.fill(
        spaced(text),
        width,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def spaced(text: str) -> str:
    """The words with one space between any two; a no-break space stays, and no line ends at it."""
    return " ".join(filter(None, _BREAKING.split(text)))
