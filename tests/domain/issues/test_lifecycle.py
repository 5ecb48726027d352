"""What each moment asks of an issue, alone and through whole years of ticks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.domain.issues.calendar import GRACE, Schedule
from digest.domain.issues.lifecycle import REMINDER, IssueFacts, IssueState, Step, next_step
from tests.domain.issues.weeks import CAIRO, JERUSALEM, LONDON, ZONES, fridays, schedule

SEND_AT = datetime(2024, 5, 17, 7, tzinfo=UTC)
CUTOFF_AT = datetime(2024, 5, 16, 15, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

OPEN = IssueFacts(
    state=IssueState.OPEN,
    on_hold=False,
    left_open=False,
    reminded=False,
    missed=False,
    send_at=SEND_AT,
    cutoff_at=CUTOFF_AT,
    send_now_at=None,
    items=12,
)
CLOSED = replace(OPEN, state=IssueState.CLOSED)
HELD = replace(CLOSED, on_hold=True)
LEFT_OPEN = replace(OPEN, left_open=True)
EMPTY = replace(LEFT_OPEN, items=0)
NOW_AT = SEND_AT - 20 * HOUR
ASKED = replace(CLOSED, send_now_at=NOW_AT)


@pytest.mark.parametrize(
    ("issue", "now", "step"),
    [
        (OPEN, CUTOFF_AT - SECOND, Step.NOTHING),
        (OPEN, CUTOFF_AT, Step.CLOSE),
        (OPEN, SEND_AT - SECOND, Step.CLOSE),
        (replace(OPEN, on_hold=True), CUTOFF_AT, Step.CLOSE),
        (OPEN, SEND_AT, Step.SEND),
        (CLOSED, CUTOFF_AT, Step.NOTHING),
        (CLOSED, SEND_AT - SECOND, Step.NOTHING),
        (CLOSED, SEND_AT, Step.SEND),
        (CLOSED, SEND_AT + GRACE - SECOND, Step.SEND),
        (CLOSED, SEND_AT + GRACE, Step.MISSED),
        (OPEN, SEND_AT + GRACE, Step.MISSED),
        (replace(CLOSED, missed=True), SEND_AT + 2 * GRACE, Step.NOTHING),
        (HELD, SEND_AT, Step.NOTHING),
        (HELD, SEND_AT + GRACE, Step.MISSED),
        (LEFT_OPEN, CUTOFF_AT + HOUR, Step.NOTHING),
        (LEFT_OPEN, SEND_AT - REMINDER - SECOND, Step.NOTHING),
        (LEFT_OPEN, SEND_AT - REMINDER, Step.REMIND),
        (replace(LEFT_OPEN, reminded=True), SEND_AT - SECOND, Step.NOTHING),
        (replace(LEFT_OPEN, on_hold=True), SEND_AT - SECOND, Step.NOTHING),
        (LEFT_OPEN, SEND_AT, Step.SEND),
        (EMPTY, SEND_AT - REMINDER, Step.NOTHING),
        (EMPTY, SEND_AT, Step.SKIP),
        (replace(EMPTY, on_hold=True), SEND_AT, Step.NOTHING),
        (ASKED, NOW_AT - SECOND, Step.NOTHING),
        (ASKED, NOW_AT, Step.SEND),
        (replace(ASKED, on_hold=True), NOW_AT, Step.NOTHING),
        (replace(ASKED, items=0), NOW_AT, Step.SEND),
    ],
)
def test_step(issue: IssueFacts, now: datetime, step: Step) -> None:
    assert next_step(issue, now, 1) is step


@pytest.mark.parametrize("state", [IssueState.SENDING, IssueState.SENT, IssueState.SKIPPED])
def test_nothing_is_due_for_what_went_or_was_skipped(state: IssueState) -> None:
    issue = replace(ASKED, state=state)
    for hours in range(-48, 72):
        assert next_step(issue, SEND_AT + hours * HOUR, 1) is Step.NOTHING


def test_fewer_items_than_the_least_are_skipped() -> None:
    assert next_step(replace(CLOSED, items=2), SEND_AT, 3) is Step.SKIP
    assert next_step(replace(CLOSED, items=3), SEND_AT, 3) is Step.SEND


def test_a_late_issue_goes_when_a_sender_asks() -> None:
    late = SEND_AT + 30 * HOUR
    asked = replace(CLOSED, send_now_at=late)
    assert next_step(asked, late - SECOND, 1) is Step.NOTHING
    assert next_step(asked, late, 1) is Step.SEND


def test_a_word_to_send_now_does_not_hold_for_ever() -> None:
    week_early = replace(CLOSED, send_now_at=SEND_AT - 5 * GRACE)
    assert next_step(week_early, SEND_AT - 4 * GRACE - SECOND, 1) is Step.SEND
    assert next_step(week_early, SEND_AT - 4 * GRACE, 1) is Step.NOTHING
    assert next_step(week_early, SEND_AT, 1) is Step.SEND
    assert next_step(week_early, SEND_AT + GRACE, 1) is Step.MISSED


@dataclass
class Publication:
    """A publication that only has a clock: issues are facts, sending is a line in its book."""

    schedule: Schedule
    waiting: dict[date, IssueFacts] = field(default_factory=dict)
    taken: set[date] = field(default_factory=set)
    closed: list[tuple[date, datetime]] = field(default_factory=list)
    sent: list[tuple[date, datetime]] = field(default_factory=list)

    def tick(self, now: datetime) -> None:
        if all(issue.send_at <= now for issue in self.waiting.values()):
            self._make_next(now)
        for day, issue in list(self.waiting.items()):
            step = next_step(issue, now, 1)
            assert step in (Step.NOTHING, Step.CLOSE, Step.SEND)
            if step is Step.CLOSE:
                self.closed.append((day, now))
                self.waiting[day] = replace(issue, state=IssueState.CLOSED)
            if step is Step.SEND:
                self.sent.append((day, now))
                del self.waiting[day]

    def _make_next(self, now: datetime) -> None:
        day = self.schedule.next_send_date(now, self.taken)
        self.taken.add(day)
        self.waiting[day] = replace(
            OPEN, send_at=self.schedule.send_moment(day), cutoff_at=self.schedule.cutoff_moment(day)
        )


def every_ten_minutes(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(minutes=10)


def now_and_then(start: datetime, end: datetime, chance: random.Random) -> Iterator[datetime]:
    """Ticks of a machine that sleeps for up to 20 hours at a time."""
    while start < end:
        yield start
        start += timedelta(seconds=chance.choice((1, 5, 600, 7_200, chance.randint(1, 72_000))))


@pytest.mark.parametrize(("zone", "at"), [*((zone, "08:00") for zone in ZONES), (CAIRO, "00:30"), (JERUSALEM, "02:30")])
def test_a_clock_that_ticks_every_ten_minutes_sends_every_friday_once(zone: str, at: str) -> None:
    ours = Publication(schedule(zone, at))
    for now in every_ten_minutes(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)):
        ours.tick(now)
    assert [day for day, _ in ours.sent] == list(fridays(2024, 2025))
    for (day, sent_at), (closed_day, closed_at) in zip(ours.sent, ours.closed, strict=True):
        assert closed_day == day
        assert timedelta(0) <= closed_at - ours.schedule.cutoff_moment(day) < timedelta(minutes=10)
        assert timedelta(0) <= sent_at - ours.schedule.send_moment(day) < timedelta(minutes=10)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(zone=st.sampled_from(ZONES), at=st.sampled_from(["08:00", "00:30", "02:30", "01:30"]), seed=st.integers(0, 999))
def test_a_clock_that_ticks_now_and_then_sends_every_friday_once(zone: str, at: str, seed: int) -> None:
    ours = Publication(schedule(zone, at))
    ticks = list(now_and_then(datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 3, tzinfo=UTC), random.Random(seed)))  # noqa: S311
    for now in ticks:
        ours.tick(now)
    assert [day for day, _ in ours.sent] == list(fridays())
    before = dict(pairwise(reversed(ticks)))
    for day, sent_at in ours.sent:
        assert before[sent_at] < ours.schedule.send_moment(day) <= sent_at


def test_two_clocks_that_share_their_book_send_every_friday_once() -> None:
    ours = Publication(schedule(LONDON))
    for now in every_ten_minutes(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)):
        ours.tick(now)
        ours.tick(now)
    assert [day for day, _ in ours.sent] == list(fridays(2024, 2024))
