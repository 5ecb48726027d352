"""Since when an installation has been up, by the marks of its clocks."""

from __future__ import annotations

import pytest

from digest.domain.running.uptime import LONGEST_GAP, LastBeat, up_since

NOW = 1_700_000_000.0
LONG_AGO = NOW - 10_000.0


@pytest.mark.parametrize("ago", [0.0, 10.0, LONGEST_GAP, -LONGEST_GAP])
def test_marks_without_a_gap_go_on(ago: float) -> None:
    assert up_since(LastBeat(NOW - ago, LONG_AGO), NOW) == LONG_AGO


@pytest.mark.parametrize("ago", [LONGEST_GAP + 0.1, 3_600.0, -LONGEST_GAP - 0.1])
def test_after_a_gap_or_with_a_clock_set_back_it_begins_now(ago: float) -> None:
    assert up_since(LastBeat(NOW - ago, LONG_AGO), NOW) == NOW


@pytest.mark.parametrize("latest", [None, LastBeat(NOW - 10.0, None)])
def test_where_nothing_is_known_it_begins_now(latest: LastBeat | None) -> None:
    assert up_since(latest, NOW) == NOW


def test_it_never_began_in_the_future() -> None:
    assert up_since(LastBeat(NOW + 60.0, NOW + 30.0), NOW) == NOW
