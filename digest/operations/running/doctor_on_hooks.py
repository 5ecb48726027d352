"""What the doctor sees of the addresses of the operator's own that are told by POST: ALERT_URL and EVENTS_URL."""

from __future__ import annotations

from datetime import timedelta

from digest.domain.running.findings import Finding, broken, doubtful, fine
from digest.mail.message.templating import counted
from digest.operations.shared.context import Context
from digest.storage.messages.messages import alerts_not_taken
from digest.storage.messages.outgoing_events import events_since

ALERT_WAITS = timedelta(minutes=10)
_EVENT_WAITS = timedelta(hours=1)


def look_at_alert_url(context: Context) -> Finding:
    """Whether alerts are taken."""
    if not context.settings.alert_url:
        return fine("ALERT_URL", "Not set.")
    with context.db.reading() as session:
        waiting, why = alerts_not_taken(session, context.now - ALERT_WAITS)
    if not waiting:
        return fine("ALERT_URL", "No alert waits for it.")
    words = f"{counted(waiting, 'alert waits', 'alerts wait')}: {why}."
    return broken("ALERT_URL", words, "See the service there; `digest doctor --rehearse-alerts` tries it.")


def look_at_events_url(context: Context) -> Finding:
    """Whether events are taken."""
    if not context.settings.events_url:
        return fine("EVENTS_URL", "Not set.")
    with context.db.reading() as session:
        waiting = events_since(session, context.now - _EVENT_WAITS)
    if not waiting:
        return fine("EVENTS_URL", "No event waits for it.")
    words = (
        f"{counted(waiting, 'event has', 'events have')} waited for over an hour; each is given up after three days."
    )
    return doubtful("EVENTS_URL", words, "See that the clock runs, the address, and the service there.")
