"""Choosing what is on an issue: adding, removing, ordering, taking that back. Only while it is open.

Each act is remembered with its issue (`domain.issues.undoing`), so that the last ones can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from digest.domain.issues.edition import OTHERS
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.undoing import (
    SelectionAct,
    from_json,
    placed,
    shifted,
    to_json,
    undone,
    with_act,
)
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_for_change
from digest.storage.issues.selections import (
    append_selection,
    put_in_order,
    remove_selection,
    selected_ids,
    selected_summaries,
)
from digest.storage.writing.summaries import published_summary, summary_by_id

_SHOWN = 60


def add_summary(db: Database, issue_id: int, summary_id: int) -> None:
    """Put a published summary at the end of the issue."""
    with db.writing() as session:
        issue = open_issue(session, issue_id)
        if published_summary(session, summary_id) is None:
            raise Refused("This summary is not published. Publish it first, then add it.")
        _act(session, issue, summary_id, "Added", lambda: append_selection(session, issue_id, summary_id))


def remove_summary(db: Database, issue_id: int, summary_id: int) -> None:
    """Take a summary off the issue; it stays in the archive."""
    with db.writing() as session:
        issue = open_issue(session, issue_id)
        _act(session, issue, summary_id, "Took off", lambda: remove_selection(session, issue_id, summary_id))


def place_summary(db: Database, issue_id: int, summary_id: int, place: int) -> None:
    """Put a summary of the issue at a place, counted from 1 as the page counts them."""
    with db.writing() as session:
        issue = open_issue(session, issue_id)
        order = placed([summary_id for summary_id, _ in _shown(session, issue)], summary_id, place)
        _act(session, issue, summary_id, "Moved", lambda: put_in_order(session, issue_id, order))


def shift_summary(db: Database, issue_id: int, summary_id: int, step: int) -> None:
    """Put a summary one place higher (-1) or lower (+1); at the edge of a section, its whole section."""
    with db.writing() as session:
        issue = open_issue(session, issue_id)
        shown = _shown(session, issue)
        order = shifted([key for key, _ in shown], [section for _, section in shown], summary_id, step)
        _act(session, issue, summary_id, "Moved", lambda: put_in_order(session, issue_id, order))


def order_summaries(db: Database, issue_id: int, summary_ids: Sequence[int]) -> None:
    """Set the order; summaries that someone added meanwhile come last."""
    with db.writing() as session:
        issue = open_issue(session, issue_id)
        moved = _moved(selected_ids(session, issue_id), summary_ids)
        _act(session, issue, moved, "Moved", lambda: put_in_order(session, issue_id, summary_ids))


def undo(db: Database, issue_id: int) -> SelectionAct | None:
    """Take back the last act on the issue's selection that has not been taken back; returns it. What others did since
    is kept.
    """
    with db.writing() as session:
        issue = open_issue(session, issue_id)
        acts = from_json(issue.acts)
        if not acts:
            return None
        now = selected_ids(session, issue_id)
        order = [key for key in undone(acts[-1], now) if published_summary(session, key)]
        for key in now:
            if key not in order:
                remove_selection(session, issue_id, key)
        for key in order:
            append_selection(session, issue_id, key)
        put_in_order(session, issue_id, order)
        issue.acts = to_json(acts[:-1])
        return acts[-1]


def open_issue(session: Session, issue_id: int) -> Issue:
    """The issue, locked for change. Raises Refused where it is closed or gone."""
    issue = issue_for_change(session, issue_id)
    if issue.state != IssueState.OPEN:
        raise Refused(
            "This issue is closed, so what it carries stays as the proof showed it. Reopen it to change it."
            if issue.state == IssueState.CLOSED
            else f"This issue is {issue.state}; it can’t change any more."
        )
    return issue


def _act(session: Session, issue: Issue, summary_id: int, verb: str, do: Callable[[], None]) -> None:
    before = tuple(selected_ids(session, issue.id))
    do()
    summary = summary_by_id(session, summary_id)
    title = summary.title if summary else "the order"
    words = f"{verb} “{title if len(title) <= _SHOWN else title[: _SHOWN - 1] + '…'}”"
    act = SelectionAct(words, summary_id, before, tuple(selected_ids(session, issue.id)))
    issue.acts = to_json(with_act(from_json(issue.acts), act))


def _shown(session: Session, issue: Issue) -> list[tuple[int, str]]:
    """The issue's summaries in the order of its page, each with its section."""
    summaries = selected_summaries(session, issue.id)
    if not issue.by_topic:
        return [(summary.id, "") for summary in summaries]
    sections: dict[str, list[int]] = {}
    for summary in summaries:
        sections.setdefault(summary.topics[0].name if summary.topics else OTHERS, []).append(summary.id)
    last = sections.pop(OTHERS, [])
    return [(key, name) for name, keys in (*sections.items(), (OTHERS, last)) for key in keys]


def _moved(before: Sequence[int], after: Sequence[int]) -> int:
    """The summary that was dragged: without it, the two orders are the same."""
    after = [key for key in after if key in before]
    for key in after:
        others_stay = [each for each in before if each != key] == [each for each in after if each != key]
        if others_stay and before.index(key) != after.index(key):
            return key
    return after[0] if after else 0
