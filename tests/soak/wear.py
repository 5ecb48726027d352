"""What breaks in a week. Each wear may act on Thursday, at the send moment, while copies leave, and afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import unsent_issues
from tests.crash.failpoint import fired_in
from tests.soak.calendar import Week
from tests.soak.hand import ANSWERED, ASKED

if TYPE_CHECKING:
    from tests.soak.year import Lived, Year

ROOT = Path(__file__).parents[2]
_BROKEN = (DBAPIError, OSError, Refused)
_KILLED = -9
_MANY = 1_000
"""Readers from which a send is long enough for two deaths."""


class Wear:
    """Nothing breaks."""

    def __init__(self, year: Year, week: Week) -> None:
        self.year = year
        self.house, self.people, self.post, self.desk = year.house, year.people, year.post, year.desk
        self.random = year.random(f"week {week.number}")

    def by_thursday(self) -> None:
        """Before the cut-off."""

    def at_the_moment(self, day: date) -> set[str]:  # noqa: ARG002
        """At the send moment: returns who must get the issue if it is frozen now."""
        audience = self.people.audience(self.house.now)
        self.house.live()
        return audience

    def during(self, day: date) -> None:
        """While copies leave."""

    def afterwards(self, lived: Lived) -> None:
        """When all is sent."""

    def kill(self, what: str, most: int) -> bool:
        """A process of the installation does something now and is killed at a random step; whether it was."""
        passing = round(most ** self.random.uniform(0.3, 1.0))
        words = [str(self.house.folder), self.house.now.isoformat(), str(passing), what]
        command = [sys.executable, "-m", "tests.soak.hand", *words]
        ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=300)
        assert ended.returncode in (0, _KILLED), ended.stderr
        return fired_in(self.house.folder) is not None


class ClockKilled(Wear):
    """The clock is killed at the send moment, somewhere between the freeze and the last record; and once more."""

    def at_the_moment(self, day: date) -> set[str]:  # noqa: ARG002
        audience = self.people.audience(self.house.now)
        self.kill("clock", 60 + self.year.asked.readers // 30)
        self.house.go_to(self.house.now + timedelta(seconds=5))
        return audience

    def during(self, day: date) -> None:  # noqa: ARG002
        if self.year.asked.readers >= _MANY:
            self.kill("clock", 60)
            self.house.go_to(self.house.now + timedelta(seconds=5))


class SiteKilled(Wear):
    """The site is killed while readers leave: whoever was answered is gone."""

    def by_thursday(self) -> None:
        some = self.random.sample(sorted(self.people.readers.paused), 6)
        asked = [(address, self.people.token("unsubscribe", address)) for address in some]
        answered = self.house.folder / ANSWERED
        answered.unlink(missing_ok=True)
        (self.house.folder / ASKED).write_text(json.dumps(asked))
        self.kill("site", 90)
        done = answered.read_text().split() if answered.exists() else []
        for address in done:
            self.people.part(address)
        self.people.unsure |= set(some) - set(done)
        self.people.make_sure()


class FullDisk(Wear):
    """The disk is full at the send moment, for ten minutes in which people leave."""

    def at_the_moment(self, day: date) -> set[str]:
        audience = self.people.audience(self.house.now)
        with self.house.full_disk(self.random.choice((0, 3, 40))):
            for _ in range(3):
                self._try()
                if not self.year.issue(day).frozen_at:
                    for address in self.random.sample(sorted(self.people.readers.paused), 2):
                        self.people.leave_in_one_click(address)
                    audience = self.people.audience(self.house.now)
                self.house.go_to(self.house.now + timedelta(minutes=3))
        self.people.make_sure()
        if not self.year.issue(day).frozen_at:
            audience = self.people.audience(self.house.now)
            self.house.live()
        return audience

    def _try(self) -> None:
        for job in (self.house.clock._tick, self.house.clock._messages, self.house.clock._back_up):
            try:
                job()
            except _BROKEN:
                continue


class Restored(Wear):
    """On Saturday the backup of Wednesday is brought back: what went since must not go again."""

    def by_thursday(self) -> None:
        self.remembered = self.people.remember()
        self.backup = self.house.back_up(f"wednesday-{self.house.now:%Y-%m-%d}.backup")

    def afterwards(self, lived: Lived) -> None:
        if lived.act == "skip":
            self.backup.unlink()
            return
        self.house.go_to(self.house.now + timedelta(hours=6))
        self.people.live(self.year.asked.share / 5)
        went = sum(self.post.copies[lived.day.isoformat()].values())
        self.house.restore(self.backup)
        self.backup.unlink()
        self.people.fall_back(self.remembered)
        self.house.live_on(timedelta(seconds=30), 3)
        for issue_day in self._on_hold():
            self.desk.act(issue_day, "skip", because="it went, by Activity")
        self.house.live_on(timedelta(seconds=30), 2)
        self.post.read()
        lived.complaints += self.post.doubled()
        if sum(self.post.copies[lived.day.isoformat()].values()) != went:
            lived.complaints.append(f"doubled: copies of {lived.day} left after a restore")

    def _on_hold(self) -> list[date]:
        with self.house.db.reading() as session:
            return [issue.send_date for issue in unsent_issues(session) if issue.on_hold]


class RestoredMidSend(ClockKilled):
    """A backup is made while copies leave, and brought back when all have left."""

    backup: Path | None = None

    def during(self, day: date) -> None:
        self.remembered = self.people.remember()
        self.backup = self.house.back_up(f"mid-send-{day}.backup")

    def afterwards(self, lived: Lived) -> None:
        if self.backup is None:
            return
        self.house.restore(self.backup)
        self.backup.unlink()
        self.people.fall_back(self.remembered)
        self.house.live_on(timedelta(seconds=60), 3)
        for _ in range(3):
            self.post.read()
            lived.settled += self.desk.settle(lived.day, self.post.copies[lived.day.isoformat()])
            self.house.live_on(timedelta(seconds=60), 2)
        lived.complaints += self.post.doubled()
        if not self.year.is_done(lived.day):
            lived.complaints.append(f"stuck: {lived.day} after a restore")


class OlderVersion(Wear):
    """The program is taken back a version, with its schema, and brought up again."""

    def by_thursday(self) -> None:
        self.house.change_version("-1")


WEARS: Mapping[str, Callable[[Year, Week], Wear]] = {
    "nothing breaks": Wear,
    "the clock is killed": ClockKilled,
    "the disk is full": FullDisk,
    "Wednesday's backup is restored": Restored,
    "the site is killed": SiteKilled,
    "a backup from the middle of the send is restored": RestoredMidSend,
    "the schema goes back and up": OlderVersion,
}
