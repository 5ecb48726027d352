"""The judges of a Friday. What left is SendGrid's to say, who should get it the people's; our database only claims."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from digest.domain.issues.lifecycle import IssueState
from digest.storage.accounting.accounts import account_of
from digest.storage.issues.issues import issue_on
from digest.storage.sending.deliveries import Delivery
from tests.soak.house import House
from tests.soak.post import Post

_SHOWN = 3
MB = 1_000_000


@dataclass(frozen=True)
class Expected:
    """Who must have a copy of an issue, nobody else, as of its freezing."""

    day: date
    audience: frozenset[str]
    may_lack: frozenset[str] = frozenset()
    """Who left, or was refused by name, since."""


def judge_freeze(house: House, expected: Expected) -> list[str]:
    """Copies are made for exactly those who should get one."""
    with house.db.reading() as session:
        issue = issue_on(session, expected.day)
        if issue is None or issue.frozen_at is None:
            return [f"stuck: the issue of {expected.day} is not frozen"]
        made = set(session.scalars(select(Delivery.address).where(Delivery.issue_id == issue.id))) - {None}
    return [
        *_some("lost", "should get", expected.audience - made, expected.day),
        *_some(
            "mailed although gone", "should not get", {each for each in made if each} - expected.audience, expected.day
        ),
    ]


def judge_end(house: House, post: Post, expected: Expected) -> list[str]:
    """Every copy is accepted once or has its reason, and the account adds up."""
    post.read()
    got = set(post.copies[expected.day.isoformat()])
    with house.db.reading() as session:
        issue = issue_on(session, expected.day)
        assert issue is not None
        account = account_of(session, issue)
        state = issue.state
    complaints = post.doubled() + post.faults
    complaints += _some("lost", "never got", expected.audience - got - expected.may_lack, expected.day)
    complaints += _some("mailed although gone", "got", got - expected.audience, expected.day)
    if account.difference or account.unknown or account.held or account.waiting:
        complaints.append(f"the account of {expected.day} does not add up: {account}")
    if account.accepted != len(got):
        complaints.append(f"{expected.day}: {account.accepted} are called accepted, SendGrid took {len(got)}")
    if state != IssueState.SENT:
        complaints.append(f"stuck: the issue of {expected.day} is {state}")
    return complaints


def judge_sizes(sizes: dict[str, int], copies_kept: int, readers: int) -> list[str]:
    """What is on the disk grows with what is kept, and with nothing else."""
    bounds = {
        "digest.db": 8 * MB + 900 * copies_kept + 3_000 * readers,
        "digest.db-wal": 12 * MB + 400 * readers,
        "journal.jsonl": 1 * MB + 200 * readers,
        "beside": 1 * MB,
    }
    return [
        f"{name} has grown to {sizes[name] / MB:.1f} MB, over {bound / MB:.1f}"
        for name, bound in bounds.items()
        if sizes[name] > bound
    ]


def _some(kind: str, verb: str, addresses: Collection[str], day: date) -> list[str]:
    if not addresses:
        return []
    shown = ", ".join(sorted(addresses)[:_SHOWN])
    return [f"{kind}: {len(addresses)} readers {verb} the issue of {day}: {shown}"]
