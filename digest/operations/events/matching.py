"""Whose events they are: each must fit what we sent in every particular, or it is nobody's and changes nothing.

Other installations may share a SendGrid account, and databases are restored: a number alone proves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from digest.domain.shared.addresses import key_of
from digest.mail.sendgrid.events import Args, Event, Kind
from digest.storage.events.delivery_status import ReportedCopy, reported_copies
from digest.storage.messages.messages import recipients_of
from digest.storage.sending.attempts import (
    AnsweredCopy,
    ReportedAttempt,
    ancestors_of,
    answered_copies_to,
    reported_attempts,
)


@dataclass(frozen=True, slots=True)
class Told:
    """An event about a copy of ours, sent under an attempt of ours."""

    event: Event
    copy: ReportedCopy
    attempt: ReportedAttempt


def told_of_copies(session: Session, events: Sequence[Event]) -> list[Told]:
    """The events whose issue, batch, attempt, delivery and address all belong together; and those that name their copy
    by no more than its address and SendGrid's id of our request, as asynchronous bounces may.

    A copy may have moved since, from the attempt's batch to one that was split off from it. The copy of an erased
    reader has no address, so nothing is told of it.
    """
    events = [*events, *_named(session, events)]
    asked = [event.args for event in events if event.args]
    copies = reported_copies(session, {args.delivery for args in asked})
    attempts = reported_attempts(session, {args.attempt for args in asked})
    told = [
        Told(event, copies[event.args.delivery], attempts[event.args.attempt])
        for event in events
        if event.args and event.args.delivery in copies and event.args.attempt in attempts
    ]
    fitting = [one for one in told if _fits(one)]
    moved = {one.copy.batch_id for one in fitting if one.copy.batch_id != one.attempt.batch_id}
    ancestors = ancestors_of(session, moved)
    return [
        one
        for one in fitting
        if one.copy.batch_id == one.attempt.batch_id or one.attempt.batch_id in ancestors[one.copy.batch_id]
    ]


def told_of_addresses(session: Session, events: Sequence[Event]) -> list[Event]:
    """The events that are about an address rather than a copy: of a single message of ours to it, or of none at all.

    Asynchronous bounces may come without anything that names their message.
    """
    recipients = recipients_of(session, {event.message for event in events if event.message is not None})
    return [
        event
        for event in events
        if (event.bare and _tells_by_address(event))
        or (event.message in recipients and key_of(recipients[event.message]) == event.address)
    ]


def _named(session: Session, events: Sequence[Event]) -> list[Event]:
    """Those events that bring SendGrid's id alone, each with the args of the copy that the id and the address name."""
    asked = [event for event in events if event.request and _tells_by_address(event)]
    copies: dict[str | None, list[AnsweredCopy]] = defaultdict(list)
    for copy in answered_copies_to(session, {event.address for event in asked}):
        copies[copy.address].append(copy)
    return [
        replace(event, args=Args(copy.issue_date, copy.batch_id, copy.attempt_id, copy.delivery_id))
        for event in asked
        for copy in copies[event.address]
        if f"{event.request}.".startswith(f"{copy.message_id}.")
    ]


def _tells_by_address(event: Event) -> bool:
    """Whether it is of a kind that may come by mail, without what names its message."""
    return event.ground is not None or event.kind is Kind.BLOCKED


def _fits(told: Told) -> bool:
    event, copy, attempt = told.event, told.copy, told.attempt
    return (
        event.args is not None
        and copy.address == event.address
        and event.args.issue == attempt.issue_date
        and event.args.batch == attempt.batch_id
    )
