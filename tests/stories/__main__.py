"""`make stories`: the figures of our own labelled leads, and of the files that are named."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.stories.figures import OURS, figures_of


def main() -> None:
    """Print a table."""
    write = sys.stdout.write
    write("| file | leads | stories | found | precision | recall | near | ms a lead |\n")
    write("|---|---|---|---|---|---|---|---|\n")
    for path in (OURS, *map(Path, sys.argv[1:])):
        got = figures_of(path)
        write(
            f"| {path.name} | {got.leads} | {got.stories} | {got.found} | {got.precision:.3f} | {got.recall:.3f} "
            f"| {got.near:.3f} | {got.milliseconds:.2f} |\n"
        )


main()
