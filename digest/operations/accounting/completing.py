"""The end of a send: called sent once every copy has ended or waits for a person; the editors hear of exceptions."""

from __future__ import annotations

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.domain.running.alerts import AlertKind, cause
from digest.mail.message.templating import counted
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.messages.outgoing_events import note_issue_sent
from digest.operations.messages.queue import tell_editors
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_report_url
from digest.storage.accounting.accounts import Account, account_of
from digest.storage.accounting.unsettled import held_since
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue, issue_for_change
from digest.storage.sending.batches import BatchState, batches_in


def complete_if_done(context: Context, issue_id: int) -> None:
    """Call an issue sent once every copy has ended or waits for a person."""
    with context.db.writing() as session:
        complete_in(context.within(session), issue_for_change(session, issue_id))


def complete_in(work: Work, issue: Issue) -> None:
    """The same within the caller's transaction, which has locked the issue."""
    work.session.flush()
    under_way = batches_in(work.session, issue.id, BatchState.PENDING, BatchState.CLAIMED, BatchState.UNKNOWN)
    if issue.state != IssueState.SENDING or under_way:
        return
    before, issue.state, issue.sent_at = issue.sent_at, IssueState.SENT, work.now
    parts = account_of(work.session, issue)
    if before is None:
        note_issue_sent(work, issue.send_date)
    note(
        work.session, issue.id, work.now, "the send",
        f"finished: {parts.accepted:,} accepted, {parts.failed:,} failed, {parts.skipped:,} skipped, "
        f"{parts.held:,} held",
    )  # fmt: skip
    # Finished before, and again after someone's word on a held batch: only what came since is news.
    news = held_since(work.session, issue.id, before.timestamp()) if before else parts.held or parts.failed
    if news:
        _tell_of_rest(work, issue, parts)


def _tell_of_rest(work: Work, issue: Issue, parts: Account) -> None:
    heading = f"The digest of {day_and_year(issue.send_date)} went, with exceptions"
    words = [*_of_failed(parts.failed), *_of_held(parts.held)]
    link = ("See the account", desk_report_url(work.settings, issue.send_date))
    if parts.held:
        sight(work, Sighting(cause(AlertKind.HELD, issue.send_date), heading, words, link), is_news=True)
    else:
        tell_editors(work, heading, words, link)


def _of_failed(copies: int) -> list[str]:
    if not copies:
        return []
    them = "it" if copies == 1 else "them"
    return [f"{counted(copies, 'copy', 'copies')} failed: no message could be made, or SendGrid refused {them}."]


def _of_held(copies: int) -> list[str]:
    if not copies:
        return []
    are, they = ("is", "it") if copies == 1 else ("are", "they")
    return [
        f"{counted(copies, 'copy', 'copies')} {are} held: nobody can know whether {they} left.",
        "Held copies are never sent again by themselves. Someone decides for each batch, on the desk or with "
        "`digest settle`.",
    ]
