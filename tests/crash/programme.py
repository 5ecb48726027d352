"""How much of the programme is run, from which seed, and the figures that it leaves.

`make test` runs the short form. `make crash` sets CRASH_KILLS, and with it every other measure to its long form.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

SHORT_KILLS = 200
KILLS = int(os.environ.get("CRASH_KILLS", SHORT_KILLS))
"""How many random kills."""
LONG = KILLS > SHORT_KILLS
SEED = os.environ.get("CRASH_SEED") or os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:8] or secrets.token_hex(4)
"""Of everything random; a new one every run, alike in all processes of a run."""
ONLY = os.environ.get("CRASH_CASE", "")
"""The one random case to run again, as a failure names it."""
FIGURES = os.environ.get("CRASH_FIGURES", "")
"""A file for the figures of the run."""


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
