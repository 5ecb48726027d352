"""A year: week after week people come and go, editors write, something breaks, a Friday goes, and the judges look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from pathlib import Path
from random import Random

import time_machine

from digest.domain.issues.lifecycle import IssueState
from digest.storage.accounting.accounts import account_of
from digest.storage.issues.issues import Issue, issue_on
from tests.conftest import ENVIRON, through
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import public_key
from tests.soak.calendar import CUTOFF, Week
from tests.soak.desk import Desk
from tests.soak.house import House
from tests.soak.judge import Expected, judge_end, judge_freeze, judge_sizes
from tests.soak.pages import cost_of_pages, resident
from tests.soak.people import People
from tests.soak.post import Post
from tests.soak.wear import WEARS, Wear
from tests.soak.weather import Weather

ACTS = ("let it go", "hold and release", "approve early", "reopen", "hold too long", "skip")
_PATIENCE = 60
"""Rounds of the clock after which an issue that is not sent counts as stuck."""
_NAP = timedelta(seconds=50)


@dataclass
class Lived:
    """What a week was, and what it cost."""

    week: Week
    act: str
    wear: str
    day: date
    weather: str = ""
    reports: str = ""
    audience: int = 0
    accepted: int = 0
    settled: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    memory: float = 0.0
    pages: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        words = [
            f"{self.week.number:3} {self.day} {self.week.home.zone}: {self.act}; {self.wear}",
            self.weather,
            self.reports,
        ]
        return "; ".join(filter(None, words))


@dataclass(frozen=True)
class Asked:
    """How large a year is."""

    readers: int
    seed: str
    archive: int = 12
    share: float = 0.01
    """Of all readers who come, and about as many who go, on each of these days."""
    wears: Sequence[str] = tuple(WEARS)
    acts: Sequence[str] = ACTS
    days: Sequence[int] = (0, 1, 2)
    """After Monday, on which readers come and go and editors publish."""
    pages: bool = True
    """Whether each week's pages are measured."""


class Year:
    """One installation and its people."""

    def __init__(self, folder: Path, sendgrid: LoopbackSendGrid, clock: time_machine.Traveller, asked: Asked) -> None:
        self.asked = asked
        environ = ENVIRON | through(sendgrid) | {
            "INSTANCE_PATH": str(folder / "instance"), "BACKUP_PATH": str(folder / "backups"), "BACKUP_KEEP": "7",
            "SENDGRID_WEBHOOK_KEY": public_key(), "RETENTION_DELIVERIES": "180",
        }  # fmt: skip
        self.house = House(folder, environ, clock)
        self.post = Post(sendgrid)
        self.people = People(self.house, self.post, self.random("people"), asked.readers)
        self.desk = Desk(self.house, self.random("desk"), asked.archive)
        self.weather = Weather(self.house, self.post, self.people, self.random("weather"))
        self.copies = 0
        self.last = date.min

    def live(self, week: Week) -> Lived:
        """One week, judged."""
        act, wear = _of(self.asked.acts, week.number), _of(self.asked.wears, week.number)
        if week.clocks_change:
            act = "move to the Sunday on which the clocks change"
        self.house.go_to(week.at(0, time(9)))
        self._begin(week)
        lived = Lived(week, act, wear, self.house.current().send_date)
        broken: Wear = WEARS[wear](self, week)
        self._work(week, lived)
        broken.by_thursday()
        self._close(week, lived)
        if act == "skip":
            lived.complaints += self._nothing_goes(week, lived.day)
        else:
            lived.complaints += self._go(week, lived, broken)
        broken.afterwards(lived)
        self._measure(lived)
        return lived

    def _begin(self, week: Week) -> None:
        self.house.restart(**week.settings())
        (self.house.folder / "environ.json").write_text(json.dumps(self.house.environ))
        self.house.live()

    def _work(self, week: Week, lived: Lived) -> None:
        """Monday to Wednesday."""
        for day in self.asked.days:
            self.house.live(max(self.house.now, week.at(day, time(10))))
            self.desk.publish(1 if self.asked.readers < 1_000 else 2)
            self.people.live(self.asked.share)
            self.house.do_chores()
        if lived.act == "approve early":
            self.desk.act(lived.day, "approve")

    def _close(self, week: Week, lived: Lived) -> None:
        """Thursday, and what editors do about the issue."""
        self.house.live(week.at(3, CUTOFF) + timedelta(seconds=5))
        self.house.do_chores()
        if lived.act in ("hold and release", "hold too long"):
            self.desk.act(lived.day, "hold")
        if lived.act == "reopen":
            self.desk.act(lived.day, "reopen")
            self.desk.publish(1)
        if lived.act == "skip":
            self.desk.act(lived.day, "skip", because="a holiday")
        if week.clocks_change:
            self.desk.act(lived.day, "move", date=week.sunday.isoformat())
            lived.day = week.sunday
        self.people.live(self.asked.share / 3)

    def _nothing_goes(self, week: Week, day: date) -> list[str]:
        self.house.live(week.send_moment(day) + timedelta(seconds=5))
        return self._went_early(day)

    def _go(self, week: Week, lived: Lived, broken: Wear) -> list[str]:
        """The moment comes, copies leave, all is settled."""
        moment = week.send_moment(lived.day)
        self.house.live(moment - timedelta(seconds=20))
        complaints = self._went_early(lived.day)
        lived.weather = self.weather.turn_bad()
        self._wait_for_release(lived)
        complaints += self._went_early(lived.day)
        audience = broken.at_the_moment(lived.day)
        while not (issue := self.issue(lived.day)).frozen_at:
            if self.house.now > moment + timedelta(days=2):
                return [*complaints, f"stuck: the issue of {lived.day} was not frozen in two days"]
            audience = self.people.audience(self.house.now + _NAP)
            self.house.live_on(_NAP)
        expected = Expected(lived.day, frozenset(audience))
        complaints += judge_freeze(self.house, expected)
        self._finish(lived, broken)
        may_lack = (expected.audience - self.people.audience(self.house.now)) | self.post.refused
        complaints += judge_end(self.house, self.post, Expected(lived.day, expected.audience, frozenset(may_lack)))
        lived.audience = issue.audience
        return complaints

    def _wait_for_release(self, lived: Lived) -> None:
        """What is on hold does not go; within a day it is released, later a sender sends it."""
        if lived.act == "hold and release":
            self.house.live_on(timedelta(hours=3))
            self.desk.act(lived.day, "release")
        if lived.act == "hold too long":
            self.house.live_on(timedelta(hours=12, minutes=30), 2)
            self.desk.act(lived.day, "release")
            self.house.live_on(timedelta(seconds=5))
            self.desk.act(lived.day, "send-now")
            self.house.go_to(self.house.now + timedelta(minutes=5))
        self.house.go_to(self.house.now + timedelta(seconds=21))

    def _finish(self, lived: Lived, broken: Wear) -> None:
        for number in range(_PATIENCE):
            if number == 2:
                self.people.stir(self.asked.share / 10)
                broken.during(lived.day)
            if number == 4:
                self.weather.clear_up()
                lived.reports = self.weather.report()
            if number == 6:
                self.house.keep_beating(70)
            if number > 6:
                self.post.read()
                lived.settled += self.desk.settle(lived.day, self.post.copies[lived.day.isoformat()])
            if number > 4 and self.is_done(lived.day):
                return
            self.house.live_on(_NAP)

    def random(self, what: str) -> Random:
        """A chance of its own for each part, so that one more draw here changes nothing there."""
        return Random(f"{self.asked.seed} {what}")  # noqa: S311 - to be repeatable, not secret

    def is_done(self, day: date) -> bool:
        """Whether every copy has ended."""
        with self.house.db.reading() as session:
            issue = issue_on(session, day)
            assert issue is not None
            account = account_of(session, issue)
        return issue.state == IssueState.SENT and not (account.held or account.unknown or account.waiting)

    def is_frozen(self, day: date) -> bool:
        """Whether our database knows that the issue of that day went: an older backup may not."""
        with self.house.db.reading() as session:
            issue = issue_on(session, day)
        return issue is not None and issue.frozen_at is not None

    def issue(self, day: date) -> Issue:
        """The issue of that day."""
        with self.house.db.reading() as session:
            issue = issue_on(session, day)
        assert issue is not None, f"the issue of {day} is gone"
        return issue

    def _went_early(self, day: date) -> list[str]:
        self.post.read()
        copies = self.post.copies.get(day.isoformat())
        return [f"{len(copies)} copies of {day} had left by {self.house.now}"] if copies else []

    def _measure(self, lived: Lived) -> None:
        """What the week leaves behind."""
        lived.accepted = sum(self.post.copies[lived.day.isoformat()].values())
        self.copies += lived.accepted
        self.desk.correct(lived.day)
        self.post.forget()
        lived.sizes, lived.memory = self.house.sizes(), resident()
        self.last = lived.day if self.is_frozen(lived.day) else self.last
        if self.asked.pages and self.last != date.min:
            lived.pages = cost_of_pages(self.desk, self.last)
        lived.complaints += judge_sizes(
            lived.sizes, self.copies, len(self.people.readers.paused) + len(self.people.gone)
        )
        if any(status >= 500 for status in self.people.statuses) and "disk" not in lived.wear:
            lived.complaints.append(f"the site answered {self.people.statuses}")
        self.people.statuses.clear()


def _of(kinds: Sequence[str], number: int) -> str:
    """Each kind in its turn; lists whose lengths have no divisor in common meet in all their pairs."""
    return kinds[(number - 1) % len(kinds)]
