"""Four Fridays of a year, with two hundred readers: one kill, one full disk, one restore, one night of fewer hours."""

from __future__ import annotations

import shutil
from datetime import time
from pathlib import Path

from tests.crash.programme import SEED
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.soak.calendar import SPRING, weeks
from tests.soak.one_clock import one_clock
from tests.soak.year import Asked, Year

WEARS = ("the clock is killed", "the disk is full", "Wednesday's backup is restored", "nothing breaks")
ACTS = ("hold and release", "let it go", "reopen", "hold too long")


def test_four_fridays_of_a_year_lose_and_double_nobody(
    tmp_path: Path, migrated: Path, sendgrid: LoopbackSendGrid
) -> None:
    (tmp_path / "instance").mkdir(mode=0o700)
    shutil.copy(migrated, tmp_path / "instance" / "digest.db")
    ahead = weeks(SPRING, len(WEARS))
    with one_clock(ahead[0].at(0, time(8))) as clock:
        asked = Asked(200, SEED, wears=WEARS, acts=ACTS, days=(2,), pages=False)
        year = Year(tmp_path, sendgrid, clock, asked)
        try:
            lived = [year.live(week) for week in ahead]
        finally:
            year.house.close()
    wrong = {str(one): one.complaints for one in lived if one.complaints}
    assert not wrong, f"--seed {SEED}: {wrong}"
    assert [one.week.clocks_change for one in lived] == [False, True, False, False]
    assert sum(one.accepted for one in lived) > 4 * 150
