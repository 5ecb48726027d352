"""What SendGrid reports: the status of copies, addresses never to be mailed again, and proof of attempts.

Safe in any order and any number of times: a status only rises, a first event is noted once, an attempt is proven once,
who is suppressed or has left stays so. What is looked at outlives no lock, so every write asks once more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.shared.tokens import fingerprint
from digest.mail.sendgrid.events import Event, Ground, Kind
from digest.operations.accounting.proving import TAKEN, prove_attempt
from digest.operations.events.matching import Told, told_of_addresses, told_of_copies
from digest.operations.readers import consent_wordings
from digest.operations.readers.subscribing import leave_in
from digest.operations.shared.context import Context, Work
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import database_now
from digest.storage.events.delivery_status import ReportedCopy, StatusTold, accepted_copies_to, raise_statuses
from digest.storage.issues.issues import latest_frozen_issue
from digest.storage.readers.consents import came_back_at
from digest.storage.readers.subscribers import Subscriber, SubscriberState, lock_subscribers, subscribers_with_addresses
from digest.storage.sending.attempts import mark_heard
from digest.storage.sending.deliveries import DeliveryStatus
from digest.storage.suppressions.suppressions import Ban, SuppressionReason, never_mailed_among

MOST_AT_ONCE = 500
"""Events in one transaction: while it writes, a send on SQLite waits."""

PLACE = "SendGrid"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What some events change. `proven` has one event for each attempt, `leaving` one for each address."""

    statuses: Sequence[StatusTold]
    heard: frozenset[int]
    proven: Mapping[str, Told]
    bans: Sequence[Ban]
    leaving: Mapping[str, Event]

    @property
    def changes(self) -> int:
        """How many things change."""
        return len(self.statuses) + len(self.heard) + len(self.proven) + len(self.bans) + len(self.leaving)


def take_events(context: Context, events: Sequence[Event]) -> int:
    """Take in what these events tell; returns how many things changed. On disk when this returns.

    Raises what the database raises; then some of it may be in, and all of it may come again.
    """
    changes = 0
    for start in range(0, len(events), MOST_AT_ONCE):
        part = events[start : start + MOST_AT_ONCE]
        with context.db.reading() as session:
            plan = _look(session, context.settings, part)
        if plan.changes:
            with context.db.writing() as session:
                _apply(context.within(session), plan)
        changes += plan.changes
    log.info("%s events from SendGrid: %s changes", len(events), changes)
    return changes


def _look(session: Session, settings: Settings, events: Sequence[Event]) -> Plan:
    """What there is to change. Nothing is locked: a replay, and there are many, costs no writer a wait."""
    told = told_of_copies(session, events)
    by_address = told_of_addresses(session, events)
    asked = {event.address for event in by_address} | {one.event.address for one in told if _leaves(one.event)}
    subscribers = subscribers_with_addresses(session, asked)
    back = came_back_at(session, [one.id for one in subscribers.values()])
    by_address = [event for event in by_address if event.address in subscribers]
    ours = [one.event for one in told] + by_address
    return Plan(
        statuses=_statuses([(one.event, one.copy) for one in told] + _latest_copies(session, by_address)),
        heard=frozenset(one.attempt.batch_id for one in told if not one.attempt.heard),
        proven={one.attempt.attempt_id: one for one in reversed(told) if one.attempt.outcome not in TAKEN},
        bans=_bans(session, settings, ours),
        leaving={event.address: event for event in ours if _may_leave(subscribers.get(event.address), back, event)},
    )


def _latest_copies(session: Session, events: Sequence[Event]) -> list[tuple[Event, ReportedCopy]]:
    """Events that name no message, with the copies that they are most likely about: of the issue that went last."""
    bare = [event for event in events if event.bare]
    issue = latest_frozen_issue(session) if bare else None
    if issue is None or issue.frozen_at is None:
        return []
    copies = accepted_copies_to(session, issue.id, {event.address for event in bare})
    return [(event, copies[event.address]) for event in bare if event.address in copies and event.at >= issue.frozen_at]


def _statuses(told: Sequence[tuple[Event, ReportedCopy]]) -> list[StatusTold]:
    """For each copy the most telling status, where it is more than the copy has; of two alike, the first."""
    best: dict[int, StatusTold] = {}
    for event, copy in told:
        status = _STATUSES.get(event.kind)
        if status is None:
            continue
        found = StatusTold(copy.delivery_id, event.address, status, event.at, event.reason)
        so_far = best.get(copy.delivery_id)
        if found.rank > (so_far.rank if so_far else copy.rank):
            best[copy.delivery_id] = found
    return list(best.values())


def _bans(session: Session, settings: Settings, events: Sequence[Event]) -> list[Ban]:
    bans: dict[str, Ban] = {}
    for event in events:
        reason = _REASONS.get(event.ground) if event.ground else None
        if reason:
            address_hash = fingerprint(event.address, settings.suppression_key)
            bans.setdefault(address_hash, Ban(address_hash, reason, event.at))
    known = never_mailed_among(session, list(bans)) if bans else set()
    return [ban for ban in bans.values() if ban.address_hash not in known]


def _leaves(event: Event) -> bool:
    return event.ground is Ground.LEFT


def _may_leave(subscriber: Subscriber | None, back: Mapping[int, datetime], event: Event) -> bool:
    """Whether the event makes this reader leave: one that is late must not undo a later sign-up, or a later return."""
    if not _leaves(event) or subscriber is None or subscriber.state == SubscriberState.UNSUBSCRIBED:
        return False
    words = (subscriber.confirmed_at, back.get(subscriber.id))
    return all(word is None or event.at >= word for word in words)


def _apply(work: Work, plan: Plan) -> None:
    # Locks are taken in this order everywhere: readers' turn, issue, attempt, batch, copies.
    if plan.bans or plan.leaving:
        lock_subscribers(work.session)
    for attempt_id, one in sorted(plan.proven.items(), key=lambda item: (item[1].attempt.issue_id, item[0])):
        prove_attempt(work, one.attempt.issue_id, attempt_id, _evidence(one.event))
    if plan.heard:
        mark_heard(work.session, plan.heard, database_now(work.session))
    raise_statuses(work.session, plan.statuses)
    _let_go(work, plan.leaving)
    suppress_in(work, plan.bans, PLACE)


def _let_go(work: Work, leaving: Mapping[str, Event]) -> None:
    there = subscribers_with_addresses(work.session, leaving)
    back = came_back_at(work.session, [one.id for one in there.values()])
    for address, subscriber in there.items():
        if _may_leave(subscriber, back, leaving[address]):
            leave_in(work, subscriber, consent_wordings.leaving_at_sendgrid(), PLACE)


def _evidence(event: Event) -> str:
    return f"SendGrid reported “{event.kind}” of {day_and_year(event.at)}, {event.at:%H:%M:%S} UTC"


_STATUSES: Mapping[Kind, DeliveryStatus] = {
    Kind.DEFERRED: DeliveryStatus.DEFERRED,
    Kind.DELIVERED: DeliveryStatus.DELIVERED,
    Kind.BLOCKED: DeliveryStatus.BLOCKED,
    Kind.DROPPED: DeliveryStatus.DROPPED,
    Kind.BOUNCED: DeliveryStatus.BOUNCED,
    Kind.COMPLAINED: DeliveryStatus.COMPLAINED,
}
"""`processed` proves an attempt and is no status; neither is leaving."""

_REASONS: Mapping[Ground, SuppressionReason] = {
    Ground.BOUNCE: SuppressionReason.BOUNCE,
    Ground.COMPLAINT: SuppressionReason.COMPLAINT,
    Ground.INVALID: SuppressionReason.INVALID,
}
