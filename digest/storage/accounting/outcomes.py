"""What became of the issues that went: copies, their statuses, and how many readers left after each. Only counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import FROZEN
from digest.storage.accounting.accounts import Account, accounts_by_counters
from digest.storage.issues.issues import Issue
from digest.storage.readers.consents import ConsentRecord, ConsentStep
from digest.storage.sending.deliveries import Delivery, DeliveryStatus


@dataclass(frozen=True)
class IssueOutcome:
    """One issue that went, in counts."""

    issue: Issue
    account: Account
    bounced: int
    complained: int
    left: int
    """Readers who left from its freeze until the next one's, or until now."""


def latest_outcomes(session: Session, most: int) -> list[IssueOutcome]:
    """The issues that went last from here, the latest first."""
    asked = select(Issue).where(Issue.state.in_(FROZEN), Issue.imported_at.is_(None))
    issues = list(session.execute(asked.order_by(Issue.send_date.desc()).limit(most)).scalars())
    accounts, statuses, left = accounts_by_counters(session, issues), _statuses(session, issues), _left(session, issues)
    return [
        IssueOutcome(
            issue,
            accounts[issue.id],
            statuses.get((issue.id, DeliveryStatus.BOUNCED.value), 0),
            statuses.get((issue.id, DeliveryStatus.COMPLAINED.value), 0),
            left[issue.id],
        )
        for issue in issues
    ]


def _statuses(session: Session, issues: Sequence[Issue]) -> dict[tuple[int, str], int]:
    told = (DeliveryStatus.BOUNCED, DeliveryStatus.COMPLAINED)
    rows = session.execute(
        select(Delivery.issue_id, Delivery.fate, func.count())
        .where(Delivery.issue_id.in_([issue.id for issue in issues]), Delivery.fate.in_(told))
        .group_by(Delivery.issue_id, Delivery.fate)
    )
    return {(issue_id, status or ""): count for issue_id, status, count in rows}


def _left(session: Session, issues: Sequence[Issue]) -> dict[int, int]:
    begins = sorted((issue.frozen_at, issue.id) for issue in issues if issue.frozen_at)
    found = {issue.id: 0 for issue in issues}
    ends = [*(begin for begin, _ in begins[1:]), None]
    for (begin, issue_id), end in zip(begins, ends[: len(begins)], strict=True):
        asked = select(func.count()).where(ConsentRecord.step == ConsentStep.UNSUBSCRIBED, ConsentRecord.at >= begin)
        found[issue_id] = session.execute(asked.where(ConsentRecord.at < end) if end else asked).scalar_one()
    return found
