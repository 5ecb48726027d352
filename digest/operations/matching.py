"""Whose events they are: each must fit what we sent in every particular, or it is nobody's and changes nothing.

Other installations may share a SendGrid account, and databases are restored: a number alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.addresses import key_of
from digest.mail.sendgrid_events import Event, Kind
from digest.storage.attempts import ReportedAttempt, ancestors_of, reported_attempts
from digest.storage.fates import ReportedCopy, reported_copies
from digest.storage.messages import recipients_of


@dataclass(frozen=True, slots=True)
class Told:
    """An event about a copy of ours, sent under an attempt of ours."""

    event: Event
    copy: ReportedCopy
    attempt: ReportedAttempt


def told_of_copies(session: Session, events: Sequence[Event]) -> list[Told]:
    """The events whose issue, batch, attempt, delivery and address all belong together.

    A copy may have moved since, from the attempt's batch to one that was split off from it. The copy of an erased
    reader has no address, so nothing is told of it.
    """
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
        if (event.bare and (event.ground or event.kind is Kind.BLOCKED))
        or (event.message in recipients and key_of(recipients[event.message]) == event.address)
    ]


def _fits(told: Told) -> bool:
    event, copy, attempt = told.event, told.copy, told.attempt
    return (
        event.args is not None
        and copy.address == event.address
        and event.args.issue == attempt.issue_date
        and event.args.batch == attempt.batch_id
    )
