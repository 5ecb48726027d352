"""Heartbeats: since when the clocks of an installation, one or several, have ticked without a gap."""

from __future__ import annotations

from digest.storage.base.database import Database
from digest.storage.running.heartbeats import beat, ticking_since

START = 1_700_000_000.0


def beats(db: Database, owner: str, *seconds: float) -> None:
    """A clock's signs of life, so many seconds after the start."""
    for after in seconds:
        with db.writing() as session:
            beat(session, owner, START + after)


def since(db: Database, now: float) -> float:
    """Since when, as of `now`; both in seconds after the start."""
    with db.reading() as session:
        return ticking_since(session, START + now) - START


def test_one_clock_that_ticks_on(db: Database) -> None:
    beats(db, "one:1", *range(0, 1_200, 10))
    assert since(db, 1_195) == 0


def test_a_gap_begins_it_anew(db: Database) -> None:
    beats(db, "one:1", 0, 10, 20, 3_600, 3_610)
    assert since(db, 3_615) == 3_600


def test_while_nobody_ticks_nothing_counts(db: Database) -> None:
    assert since(db, 5) == 5
    beats(db, "one:1", 0, 10)
    assert since(db, 131) == 131


def test_of_two_clocks_one_may_end(db: Database) -> None:
    beats(db, "one:1", 0, 10, 20)
    beats(db, "two:2", 25, 85, 145, 205)
    assert since(db, 210) == 0


def test_a_clock_that_is_started_anew_goes_on_from_the_one_before(db: Database) -> None:
    beats(db, "one:1", 0, 60)
    beats(db, "one:2", 150)
    assert since(db, 155) == 0


def test_two_clocks_that_come_back_together_begin_anew_together(db: Database) -> None:
    beats(db, "one:1", 0)
    beats(db, "two:2", 5, 3_600)
    beats(db, "one:1", 3_601)
    beats(db, "two:2", 3_610)
    assert since(db, 3_615) == 3_600


def test_a_clock_from_before_the_database_was_set_back_lets_nothing_count(db: Database) -> None:
    beats(db, "one:1", 0, 10)
    beats(db, "two:2", -3_590, -3_580)
    assert since(db, -3_575) == -3_575
