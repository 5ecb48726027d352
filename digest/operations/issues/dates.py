"""Issues as people name them: by their dates."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import Issue, issue_on, issues_around

_NEAREST = 2
"""How many dates before, and how many after, are named to whoever asks for one that is not there."""


def issue_named(session: Session, day: date) -> Issue:
    """The issue of that date. Raises Refused, which says on which dates near it there are issues."""
    found = issue_on(session, day)
    if found is None:
        raise Refused(f"There is no issue on {day}. {_near(issues_around(session, day, _NEAREST))}")
    return found


def _near(found: list[Issue]) -> str:
    if not found:
        return "There is no issue at all yet: the clock or the desk makes the first one."
    return (
        f"Near it: {', '.join(f'{issue.send_date} ({issue.state})' for issue in found)}. Use --issue with one of these."
    )
