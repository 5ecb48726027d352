"""Small charts of the issues over time: bars as numbers, which a template draws as SVG without script or style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.domain.issues.calendar import day_and_year
from digest.storage.accounting.outcomes import IssueOutcome

_HIGH = 56
_WIDE = 12
_GAP = 4


@dataclass(frozen=True)
class Bar:
    """One issue's bar, in units of the drawing; `words` say the same."""

    x: int
    y: int
    height: int
    words: str


@dataclass(frozen=True)
class Chart:
    """One figure over the issues, the earliest left."""

    title: str
    summary: str
    last: int
    width: int
    bars: Sequence[Bar]
    height: int = _HIGH
    bar_width: int = _WIDE


def charts(outcomes: Sequence[IssueOutcome]) -> list[Chart]:
    """Readers, bounces, complaints and leavers of these issues, given the latest first."""
    in_time = list(reversed(outcomes))
    return [
        _chart("Readers", in_time, [outcome.account.audience for outcome in in_time]),
        _chart("Bounced", in_time, [outcome.bounced for outcome in in_time]),
        _chart("Complaints", in_time, [outcome.complained for outcome in in_time]),
        _chart("Left afterwards", in_time, [outcome.left for outcome in in_time]),
    ]


def _chart(title: str, outcomes: Sequence[IssueOutcome], counts: Sequence[int]) -> Chart:
    highest = max(counts, default=0)
    bars = [
        _bar(place, count, highest, f"{day_and_year(outcome.issue.send_date)}: {count:,}")
        for place, (outcome, count) in enumerate(zip(outcomes, counts, strict=True))
    ]
    span = f"from {counts[0]:,} to {counts[-1]:,}, at most {highest:,}" if counts else "none yet"
    summary = f"{title} of {len(counts)} issues: {span}"
    return Chart(title, summary, counts[-1] if counts else 0, max(1, len(counts)) * (_WIDE + _GAP), bars)


def _bar(place: int, count: int, highest: int, words: str) -> Bar:
    height = max(1, round(_HIGH * count / highest)) if count else 0
    return Bar(place * (_WIDE + _GAP), _HIGH - height, height, words)
