"""What the operator's own service is told (EVENTS_URL): put in the queue with the change, if anybody is to be told."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from digest.domain.shared.tokens import new_key
from digest.operations.shared.context import Work
from digest.storage.messages.outgoing_events import queue_event


class EventKind(StrEnum):
    """What happened."""

    SUBSCRIBED = "subscriber.subscribed"
    """Somebody asked for the digest; nobody has confirmed it yet."""
    CONFIRMED = "subscriber.confirmed"
    LEFT = "subscriber.left"
    ISSUE_SENT = "issue.sent"


def note_reader(work: Work, kind: EventKind, subscriber_id: int) -> None:
    """Have it told of a reader, in the caller's transaction. Nothing is kept where no EVENTS_URL is set."""
    if work.settings.events_url:
        queue_event(work.session, new_key(), kind, work.now, subscriber_id=subscriber_id)


def note_issue_sent(work: Work, send_date: date) -> None:
    """Have it told that an issue is sent, likewise."""
    if work.settings.events_url:
        queue_event(work.session, new_key(), EventKind.ISSUE_SENT, work.now, issue=send_date)
