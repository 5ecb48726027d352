"""What a year was, in figures: the table at its end, and the judgement on what grew."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.soak.judge import MB
from tests.soak.year import Lived

_PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
_SECTION = "\n## The last year that was lived\n"
_STRETCH = 10
_DEAR = 100.0
"""Milliseconds of the processor beyond which a page may not have become dearer."""
_MEMORY = 80.0
"""MB by which memory may grow between the second stretch and the last."""
_TIMES_DEARER = 2.5


def judge_growth(lived: Sequence[Lived]) -> list[str]:
    """Neither memory nor pages may creep upwards. A year of fewer than three stretches tells nothing of it."""
    stretches = _stretches(lived)
    if len(stretches) < 3:
        return []
    second, last = stretches[1], stretches[-1]
    complaints = []
    grown = _middle([one.memory for one in last]) - _middle([one.memory for one in second])
    if grown > _MEMORY:
        complaints.append(f"memory has grown by {grown:.0f} MB since the second stretch")
    then, now = _by_page(second), _by_page(last)
    for name, cost in now.items():
        if cost > _DEAR and cost > _TIMES_DEARER * then.get(name, cost):
            complaints.append(f"{name} has become dearer: {then[name]:.0f} ms, then {cost:.0f} ms")
    return complaints


def page(
    seed: str, readers: int, lived: Sequence[Lived], seconds: tuple[float, float], complaints: Sequence[str]
) -> str:
    """The section of docs/testing.md."""
    rows = "\n".join(_row(stretch) for stretch in _stretches(lived))
    first, last = (_by_page(stretch) for stretch in (lived[:_STRETCH], lived[-_STRETCH:]))
    pages = "\n".join(f"| {name} | {first[name]:.0f} ms | {last[name]:.0f} ms |" for name in last if name in first)
    verdict = "No judge complained." if not complaints else "The judges: " + "; ".join(complaints) + "."
    return f"""{_SECTION}
{len(lived)} Fridays with {readers:,} readers, lived under a clock that is set. Made anew by:

```
python -m tests.soak --fridays {len(lived)} --readers {readers} --seed {seed} --write
```

Lived on {datetime.now(UTC):%Y-%m-%d} in {seconds[0] / 60:.0f} minutes, {seconds[1] / 60:.0f} of a processor. {verdict}

| until | copies accepted | batches a person settled | database | log beside it | backups | memory |
|---|---|---|---|---|---|---|
{rows}

*Memory* is that of the one process that holds site, clock, the loopback SendGrid and the cast.

| page | first ten weeks | last ten weeks |
|---|---|---|
{pages}

A page's figure is the processor's time at the 95th percentile of the weeks, each week the least of three requests.
"""


def keep(written: str) -> None:
    """Put it at the end of docs/testing.md, in place of the one before."""
    _PAGE.write_text(_PAGE.read_text().partition(_SECTION)[0] + written)


def _stretches(lived: Sequence[Lived]) -> list[Sequence[Lived]]:
    return [lived[start : start + _STRETCH] for start in range(0, len(lived), _STRETCH)]


def _row(stretch: Sequence[Lived]) -> str:
    last = stretch[-1]
    sizes = last.sizes
    return (
        f"| {last.day} | {sum(one.accepted for one in stretch):,} | {sum(one.settled for one in stretch)} "
        f"| {sizes['digest.db'] / MB:.0f} MB | {sizes['digest.db-wal'] / MB:.0f} MB | {sizes['backups'] / MB:.0f} MB "
        f"| {_middle([one.memory for one in stretch]):.0f} MB |"
    )


def _by_page(stretch: Sequence[Lived]) -> dict[str, float]:
    """Each page's cost at the 95th percentile; those of an issue are one page."""
    costs: dict[str, list[float]] = {}
    for one in stretch:
        for path, cost in one.pages.items():
            name = path if not path[-1].isdecimal() else f"{path.rpartition('/')[0]}/…"
            costs.setdefault(name, []).append(cost)
    return {name: sorted(all_)[min(len(all_) - 1, round(0.95 * len(all_)))] for name, all_ in costs.items()}


def _middle(figures: Sequence[float]) -> float:
    return statistics.median(figures)
