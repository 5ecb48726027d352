"""How much of the programme is run, from which seed, and the figures that it leaves.

`make test` runs the short form. CRASH_KILLS says how many random kills there shall be, and with them which form every
other measure has: `.ci/run` sets it to the middle form, `make crash` to the long one.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")

SHORT_KILLS, MIDDLE_KILLS = 40, 200
KILLS = int(os.environ.get("CRASH_KILLS", SHORT_KILLS))
"""How many random kills."""


class Form(IntEnum):
    """How much of the programme is run."""

    SHORT = 0
    MIDDLE = 1
    LONG = 2


FORM = Form((KILLS >= MIDDLE_KILLS) + (KILLS > MIDDLE_KILLS))
SEED = os.environ.get("CRASH_SEED") or os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:8] or secrets.token_hex(4)
"""Of everything random; a new one every run, alike in all processes of a run."""
ONLY = os.environ.get("CRASH_CASE", "")
"""The one random case to run again, as a failure names it."""
FIGURES = os.environ.get("CRASH_FIGURES", "")
"""A file for the figures of the run."""


def by_form(short: _T, middle: _T, long: _T) -> _T:
    """The measure of the form that is run."""
    return (short, middle, long)[FORM]


def note_figures(**figures: int) -> None:
    """Add to the figures of this run."""
    if FIGURES:
        with Path(FIGURES).open("a") as file:
            file.write(json.dumps(figures) + "\n")


def summary(lines: Sequence[str]) -> str:
    """The closing line of a run that was all green."""
    total: Counter[str] = Counter()
    for line in lines:
        total.update(json.loads(line))
    parts = [f"{count:,} {name.replace('_', ' ')}" for name, count in total.items()]
    return f"{', '.join(parts)}: 0 lost, 0 doubled, 0 stuck."


if __name__ == "__main__":
    sys.stdout.write(summary(Path(sys.argv[1]).read_text().splitlines()) + "\n")
