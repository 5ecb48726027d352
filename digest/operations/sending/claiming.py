"""Claiming: batches are given to this sender for a while, in a committed transaction, before any byte leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import IssueState
from digest.mail.message.rendering import Rendered, Tags
from digest.mail.sendgrid.transport import DEADLINE_SECONDS
from digest.operations.accounting.pacing import pace_of
from digest.operations.issues.composing import tags_from_json
from digest.operations.shared.context import Work
from digest.storage.guard.installations import Count, count_claims
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import BatchState, batches_in
from digest.storage.sending.claims import Claimable, add_attempts, claimable_batches, mark_claimed, mark_skipped
from digest.storage.sending.copies_to_send import Copies, copies_gone, copies_in
from digest.storage.sending.deliveries import Outcome, end_copies
from digest.storage.sending.editions import Edition

LEASE_SECONDS = 45.0
"""How long an attempt counts as under way, in the database's time; longer than any request may take."""


@dataclass(frozen=True)
class Claim:
    """A batch in hand: everything a request needs, so that no row is looked at while it is under way."""

    issue_date: date
    batch_id: int
    attempt_id: str
    rendered: Rendered
    tags: Tags
    stored_hash: str
    """The edition's, as it was when it was frozen."""
    copies: Copies
    deadline: float
    """On this machine's `mail.outgoing.deadline.ticking`: after it, nothing may be sent under this claim."""
    at: datetime
    sender_name: str
    """Whom the copies are from."""


@dataclass(frozen=True)
class Claims:
    """What a transaction claimed, and the installation's count of claims after it; None if it claimed nothing."""

    claims: Sequence[Claim]
    count: Count | None = None


class Editions:
    """The editions that a sender has read: they never change, and every batch needs one."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Rendered, Tags, str]] = {}

    def get(self, session: Session, edition_id: int) -> tuple[Rendered, Tags, str]:
        """What an edition says, its tags, and the hash that it had when it was frozen."""
        if edition_id not in self._known:
            found = session.get_one(Edition, edition_id)
            rendered = Rendered(found.subject, found.text, found.html)
            self._known[edition_id] = rendered, tags_from_json(found.tags), found.hash
        return self._known[edition_id]


@dataclass(frozen=True)
class Claimant:
    """A sender: its name, and the editions that it has read."""

    owner: str
    editions: Editions = field(default_factory=Editions)


def claim(work: Work, begun: float, at: float, issue: Issue, claimant: Claimant, attempt_ids: Sequence[str]) -> Claims:
    """Claim as many batches of the issue as may go now, one for each of these new attempts at the most.

    The lease counts from `at`, by the database's clock; the deadline from `begun`, on
    `mail.outgoing.deadline.ticking`, and not after it. Nothing is claimed of an issue that is not being sent, was
    stopped, or waits. Readers who left since the freeze are skipped; a batch that they all left is done with.
    """
    if issue.state != IssueState.SENDING or issue.stopped_at is not None or issue.paused_until > at:
        return Claims(())
    pace = pace_of(issue)
    in_flight = 0 if pace.allowed is None else batches_in(work.session, issue.id, BatchState.CLAIMED)
    room = pace.room(in_flight, len(attempt_ids))
    deadline = begun + DEADLINE_SECONDS
    taken: list[tuple[Claimable, Copies]] = []
    while len(taken) < room:
        found = claimable_batches(work.session, issue.id, issue.pace, at, room - len(taken))
        if not found:
            break
        # Marked at once, so that looking again finds others.
        mark_claimed(work.session, [batch.id for batch in found])
        taken += [(batch, copies) for batch in found if (copies := _still_there(work.session, batch))]
    if not taken:
        return Claims(())
    attempts = list(zip(attempt_ids, taken, strict=False))
    add_attempts(
        work.session, [(key, batch.id) for key, (batch, _) in attempts], claimant.owner, at + LEASE_SECONDS, work.now
    )
    claims = [
        Claim(
            issue.send_date,
            batch.id,
            key,
            *claimant.editions.get(work.session, batch.edition_id),
            copies,
            deadline,
            work.now,
            issue.sender_name or work.settings.site_name,
        )
        for key, (batch, copies) in attempts
    ]
    return Claims(claims, count_claims(work.session, len(claims)))


def _still_there(session: Session, batch: Claimable) -> Copies:
    copies = copies_in(session, batch.id)
    if len(copies) == batch.copies:
        return copies
    gone = copies_gone(session, batch.id, copies.deliveries)
    end_copies(session, Outcome.SKIPPED, gone)
    mark_skipped(session, batch.id, len(gone), whole=not copies)
    return copies
