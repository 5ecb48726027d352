"""Events leave: each is POSTed to EVENTS_URL, signed, until it is taken or three days have passed.

At least once, in no promised order. Cut short, an event goes again when its claim has run out; its id is the same.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

from digest.config import Settings
from digest.domain.running.alerts import AlertKind, cause
from digest.domain.shared.tokens import new_key
from digest.domain.shared.webhook_signatures import signed_headers
from digest.mail.monitors import post_event
from digest.mail.outgoing.interface import Answer, Certainty
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.messages.outgoing_events import EventKind
from digest.operations.shared.context import Context, Process
from digest.operations.shared.links import past_issue_url
from digest.storage.base.database import database_now
from digest.storage.messages.outgoing_events import ClaimedEvent, claim_event, event_ended, put_event_off

GIVEN_UP_AFTER = timedelta(days=3)
_LEASE_SECONDS = 60.0
_FIRST_WAIT, _LONGEST_WAIT = 10.0, 6 * 3_600.0
_ONE_ALERT_FOR = timedelta(days=1)

log = logging.getLogger(__name__)


def pass_events_on(process: Process) -> int:
    """Tell of every event that is due, until one is not taken: the next would fare alike. Returns how many were."""
    taken = 0
    while process.settings.events_url and not process.stop.is_set():
        if not _pass_one_on(process.context()):
            break
        taken += 1
    return taken


def _pass_one_on(context: Context) -> bool:
    owner = new_key()
    with context.db.writing() as session:
        event = claim_event(session, owner, database_now(session), _LEASE_SECONDS)
    if event is None:
        return False
    answer = _told(context.settings, event, context.now)
    if answer.certainty is Certainty.ACCEPTED:
        with context.db.writing() as session:
            event_ended(session, event.id, owner)
        return True
    _note_failure(context, event, owner, answer)
    return False


def _told(settings: Settings, event: ClaimedEvent, now: datetime) -> Answer:
    body = body_of(settings, event)
    headers = signed_headers(settings.events_key, event.key, round(now.timestamp()), body)
    return post_event(settings.events_url, body, headers)


def body_of(settings: Settings, event: ClaimedEvent) -> str:
    """The JSON that is POSTed: `type`, `timestamp` of the event, `data`; the address only where that is asked for."""
    data: dict[str, str] = {}
    if event.kind != EventKind.ISSUE_SENT and settings.events_with_address:
        data = {"email": event.email}
    if event.issue_date:
        data = {"issue": event.issue_date.isoformat(), "url": past_issue_url(settings, event.issue_date)}
    at = event.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return json.dumps({"type": event.kind, "timestamp": at, "data": data}, ensure_ascii=False)


def _note_failure(context: Context, event: ClaimedEvent, owner: str, answer: Answer) -> None:
    why = answer.detail or str(answer.certainty)
    if context.now - event.at < GIVEN_UP_AFTER:
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(event.tries - 1, 20))
        with context.db.writing() as session:
            put_event_off(session, event.id, owner, database_now(session) + wait)
        if event.tries == 1:
            log.warning("event %s was not taken, and is tried again: %s", event.key, why)
        return
    with context.db.writing() as session:
        event_ended(session, event.id, owner)
        sight(context.within(session), Sighting(
            cause(AlertKind.EVENTS), "Events are given up",
            [f"EVENTS_URL has not taken some for three days, and they are gone: {why}. See the service there, or take "
             "EVENTS_URL out of the settings."],
            good_for=_ONE_ALERT_FOR,
        ))  # fmt: skip
