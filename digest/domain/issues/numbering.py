"""Running numbers of issues: they rise with the dates, whether they came with an issue or are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from digest.domain.issues.calendar import day_and_year


def counted_on(issues: Iterable[tuple[date, int | None]]) -> Iterator[tuple[date, int]]:
    """Each issue's number, the earliest date first: the one it came with, else one more than the one before."""
    last = 0
    for day, number in sorted(issues, key=lambda issue: issue[0]):
        last = last + 1 if number is None else number
        yield day, last


def faults_in_numbers(there: Mapping[date, int | None], new: Mapping[date, int | None]) -> dict[date, str]:
    """What is wrong with the numbers of new issues among those that are there, by the new issue's date."""
    faults = dict[date, str]()
    before, last, newest = None, 0, None
    for day, number in counted_on({**there, **new}.items()):
        newest = day if day in new else newest
        if number <= last and before and newest:
            order = f"{number} on {day_and_year(day)} comes behind {last} on {day_and_year(before)}"
            mend = "Mend the number" if new[newest] else f"Give it a number below {number}"
            faults.setdefault(newest, f"numbers must rise with the dates, and {order}. {mend}, or take the line out")
        before, last = day, number
    return faults
