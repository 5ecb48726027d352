"""`make soak`: sixty Fridays with 20,000 readers, judged each, and a table of what they cost at the end.

    python -m tests.soak [--fridays 60] [--readers 20000] [--seed WORD] [--skip 0] [--share 0.004] [--write]

The same seed lives the same year. Exit status 1 if a judge complained; the folder is kept then, and named.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import time as time_of_day
from pathlib import Path

from tests.loopback.sendgrid import LoopbackSendGrid
from tests.soak.calendar import FIRST, weeks
from tests.soak.house import make_database
from tests.soak.one_clock import one_clock
from tests.soak.report import judge_growth, keep, page
from tests.soak.year import Asked, Lived, Year
from tests.statements import keep_what_statements_compile_to
from tests.styles import keep_what_styles_become


def main() -> int:
    """Live the year; returns the exit status."""
    asked = _arguments()
    logging.disable(logging.WARNING)
    keep_what_statements_compile_to()
    keep_what_styles_become()
    folder = Path(tempfile.mkdtemp(prefix="digest-soak-", dir=asked.folder))
    sys.stdout.write(f"seed {asked.seed}, {asked.fridays} Fridays, {asked.readers:,} readers, in {folder}\n")
    began, cost = time.monotonic(), time.process_time()
    lived = _live(folder, asked)
    complaints = [f"{one.day}: {complaint}" for one in lived for complaint in one.complaints] + judge_growth(lived)
    seconds = (time.monotonic() - began, time.process_time() - cost)
    written = page(asked.seed, asked.readers, lived, seconds, complaints)
    sys.stdout.write(written)
    if asked.write:
        keep(written)
    if not complaints:
        shutil.rmtree(folder)
    return 1 if complaints else 0


def _live(folder: Path, asked: argparse.Namespace) -> Sequence[Lived]:
    make_database(folder)
    ahead, lived = weeks(FIRST, asked.skip + asked.fridays)[asked.skip :], []
    with LoopbackSendGrid() as sendgrid, one_clock(ahead[0].at(0, time_of_day(8))) as clock:
        year = Year(folder, sendgrid, clock, Asked(asked.readers, asked.seed, asked.archive, asked.share))
        for week in ahead:
            one = year.live(week)
            lived.append(one)
            sys.stdout.write("".join([f"{one}\n", *(f"    {complaint}\n" for complaint in one.complaints)]))
            sys.stdout.flush()
        year.house.close()
    return lived


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--fridays", type=int, default=60, help="%(default)s")
    parser.add_argument("--readers", type=int, default=20_000, help="%(default)s")
    parser.add_argument("--skip", type=int, default=0, help="begin so many weeks later; %(default)s")
    parser.add_argument("--share", type=float, default=0.004, help="of readers who come or go on a day; %(default)s")
    parser.add_argument("--archive", type=int, default=500, help="summaries from the years before; %(default)s")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="of everything random; a new one every run")
    parser.add_argument("--folder", type=Path, help="where the installation lives, instead of the system's own place")
    parser.add_argument("--write", action="store_true", help="keep the table in docs/testing.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
