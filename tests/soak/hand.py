"""A process of the installation that dies on its way: `python -m tests.soak.hand FOLDER MOMENT PASSING [clock|site]`.

At the moment given it does one round of the clock's jobs, or lets readers leave by the site, and is killed as it passes
the how-manieth step: a statement, a commit, a byte of a request. Exit status 0: it came to its end before.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

from tests.crash import sockets, steps
from tests.crash.failpoint import Act, Failpoint, Where
from tests.crash.shift import Shift
from tests.soak.house import House
from tests.soak.one_clock import one_clock

ASKED, ANSWERED = "asked.json", "answered"


def main(folder: Path, moment: datetime, passing: int, what: str) -> None:
    """Do it until the failpoint ends it."""
    environ = json.loads((folder / "environ.json").read_text())
    with one_clock(moment) as clock:
        house = House(folder, environ, clock)
        (folder / "fired").unlink(missing_ok=True)
        failpoint = Failpoint(folder, Where("", passing), Act.KILL, Shift(folder))
        steps.watch_database(failpoint)
        steps.watch_note(failpoint)
        sockets.watch_sockets(failpoint.pass_step)
        house.live() if what == "clock" else _let_leave(house, folder)


def _let_leave(house: House, folder: Path) -> None:
    """One reader after another; who was answered is written down."""
    client = house.site.test_client()
    with (folder / ANSWERED).open("a") as answered:
        for address, path in json.loads((folder / ASKED).read_text()):
            if client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200:
                answered.write(f"{address}\n")
                answered.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
