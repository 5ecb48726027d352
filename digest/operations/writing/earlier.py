"""What a summary said on an earlier day: from its history, which keeps each step that readers could see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.writing.wording import Wording, from_json
from digest.operations.writing.revising import wording_of
from digest.storage.writing.revisions import Revision, RevisionKind, revisions_of
from digest.storage.writing.summaries import Summary

_IN_PUBLIC = frozenset(RevisionKind) - {RevisionKind.TAKEN_BACK, RevisionKind.WITHDRAWN}


@dataclass(frozen=True)
class EarlierState:
    """What stood at a moment. `corrections` are those made by then, the oldest first."""

    wording: Wording
    corrections: tuple[Revision, ...]
    changed_since: bool


def first_published(session: Session, summary: Summary) -> datetime:
    """When readers could see it first. Only for what is published."""
    known = [step.at for step in revisions_of(session, summary.id) if step.kind == RevisionKind.PUBLISHED]
    return min([*known, *([summary.published_at] if summary.published_at else [])])


def state_at(session: Session, summary: Summary, until: datetime) -> EarlierState | None:
    """What a published summary said at the end of a time; None where readers could not see it then.

    Raises UnreadableRecord where a later program wrote what stood.
    """
    steps = revisions_of(session, summary.id)
    if not steps:
        seen = summary.published_at is not None and summary.published_at < until
        return EarlierState(wording_of(summary), (), changed_since=False) if seen else None
    last = next((step for step in steps if step.at < until), None)
    if last is None or last.kind not in _IN_PUBLIC:
        return None
    made = [step for step in reversed(steps) if step.at < until and step.kind == RevisionKind.CORRECTION]
    return EarlierState(from_json(last.wording), tuple(made), changed_since=last is not steps[0])
