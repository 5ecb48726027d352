"""What the page of one issue tells of the others: which go, which stand still, whose copies wait for a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.operations.sending.send_status import SendStatus, Stall, send_status_of
from digest.storage.accounting.accounts import UnsettledIssue, unsettled_issues
from digest.storage.issues.issues import Issue, issues_being_sent, unsent_issues

_WAITS: Mapping[Stall, str] = {
    Stall.STOPPED: "someone stopped it",
    Stall.REFUSED: "SendGrid refuses the whole send",
    Stall.LIMITED: "SendGrid asked for a pause (429)",
    Stall.PROBING: "a request had no certain outcome, and SendGrid is asked whether it answers",
    Stall.SILENT: "its sender does not report",
    Stall.AGAIN: "the last requests were certainly not taken",
}


@dataclass(frozen=True)
class Sending:
    """Another issue that is being sent; `waits` says why it stands still, if it does."""

    issue: Issue
    waits: str


@dataclass(frozen=True)
class Elsewhere:
    """What an editor should know of the other issues."""

    sending: Sequence[Sending]
    unsent: Sequence[Issue]
    """Earlier ones that have not gone yet."""
    in_doubt: Sequence[UnsettledIssue]


def elsewhere(session: Session, issue: Issue) -> Elsewhere:
    """The other issues, seen from this one."""
    return Elsewhere(
        sending=[
            Sending(each, _why_it_waits(send_status_of(session, each)))
            for each in issues_being_sent(session)
            if each.id != issue.id
        ],
        unsent=[each for each in unsent_issues(session) if each.send_date < issue.send_date],
        in_doubt=[each for each in unsettled_issues(session) if each.issue.id != issue.id],
    )


def _why_it_waits(send_status: SendStatus) -> str:
    reasons = [_WAITS[send_status.stall]] if send_status.stall in _WAITS else []
    if send_status.stall is Stall.REFUSED and send_status.because:
        reasons = [f"{reasons[0]} ({send_status.because})"]
    if send_status.clock_dead:
        reasons.append("no clock runs, and no sender is at work")
    return "; ".join(reasons)
