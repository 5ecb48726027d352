"""An issue that readers have and this database does not know of: it was restored from a backup of before the send.

It becomes a past issue like an imported one: with a page, and without copies and an account, since who got it is lost.
Its page shows the digest that was closed before the backup; where none was, what is on the issue now.
"""

from __future__ import annotations

from digest.domain.issues.lifecycle import IssueState
from digest.domain.people.acts import Act
from digest.operations.issues.closing import keep_digest, named
from digest.operations.issues.composing import compose_now
from digest.operations.issues.holding import A_RESTORED_BACKUP, not_yet_sending
from digest.operations.issues.week import make_next_issue
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.issues.history import note
from digest.storage.issues.issues import Closing, Issue


def call_it_gone(context: Context, issue_id: int, who: str) -> None:
    """Somebody knows that this issue went: nothing of it is sent, and readers find it among the past ones.

    Raises Refused for one that is not on hold since a restore, and for one with nothing on it.
    """
    with context.db.writing() as session:
        work, issue = context.within(session), not_yet_sending(session, issue_id)
        if not may_have_gone(issue):
            raise Refused("Only an issue that a restored backup put on hold can have gone without being known here.")
        if issue.state == IssueState.OPEN:
            composed = compose_now(session, context.settings, issue)
            if not composed.content.items:
                raise Refused("Nothing is on it. Put on it what readers have; or skip it, then it has no page.")
            keep_digest(work, issue, composed, who)
        went_at = min(context.settings.schedule.send_moment(issue.send_date), context.now)
        issue.state, issue.imported_at = IssueState.SENT, context.now
        issue.frozen_at = issue.sent_at = went_at
        issue.held_at, issue.held_by = None, ""
        note(session, issue.id, context.now, who, "said that readers have it; who got it is lost with the database")
        audit.note(work, who, Act.CALLED_GONE, named(issue))
        session.flush()
        make_next_issue(work, who)


def may_have_gone(issue: Issue) -> bool:
    """Whether it waits for a person's word since a restore."""
    return issue.on_hold and issue.held_by == A_RESTORED_BACKUP


def is_as_it_went(issue: Issue, closing: Closing | None) -> bool:
    """Whether its digest was closed before the restore put it on hold: then it is what went, unless it was reopened."""
    return bool(issue.state == IssueState.CLOSED and closing and issue.held_at and closing.closed_at < issue.held_at)
