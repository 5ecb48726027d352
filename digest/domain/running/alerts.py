"""What the operator is alerted to: each cause once, again each day while it lasts, and a word when it is over.

A cause that goes and comes back within a while is one alert: it is over only after it was not seen for that long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

QUIET = timedelta(minutes=30)
"""How long a cause must not be seen to be over, where nothing else is said."""
REMINDED_EVERY = timedelta(days=1)
LONGEST_CAUSE = 200


class AlertKind(StrEnum):
    """What there is to be alerted to. A cause begins with it; what follows a colon tells causes of a kind apart."""

    SEND_REFUSED = "send-refused"
    SEND_STALLED = "send-stalled"
    HELD = "held"
    STEP_FAILED = "step-failed"
    DUTY_FAILED = "duty-failed"
    PREFLIGHT = "preflight"
    MISSED = "missed"
    RESTORED = "restored"
    SENDGRID_ACCOUNT = "sendgrid-account"
    SENDGRID = "sendgrid"
    WEBHOOK = "webhook"
    MESSAGES = "messages"
    ALERT_URL = "alert-url"
    ERASURES = "erasures"
    EVENTS = "events"
    BRAKE = "sign-ups-wait"
    NO_ROOM = "sign-ups-refused"
    BACKUPS = "backups"
    DISK = "disk"
    CLOCK = "clock"
    TIME = "time"
    SOURCES = "sources"
    INSTALLATION = "installation"


MEANINGS: Mapping[AlertKind, str] = {
    AlertKind.SEND_REFUSED: "SendGrid refuses a send: the key, the sender, or what one edition says",
    AlertKind.SEND_STALLED: "a send stands still for ten minutes, with the reason",
    AlertKind.HELD: "held batches wait for a person",
    AlertKind.STEP_FAILED: "the clock fails at closing or sending an issue",
    AlertKind.DUTY_FAILED: "anything else that the clock does keeps failing for ten minutes",
    AlertKind.PREFLIGHT: "pre-flight stopped an issue at its cut-off",
    AlertKind.MISSED: "an issue is over a day late and waits for a person",
    AlertKind.RESTORED: "the database is an older copy: what may have gone waits for a person",
    AlertKind.SENDGRID_ACCOUNT: "SendGrid suspended, deactivated or banned the account; not told by mail",
    AlertKind.SENDGRID: "SendGrid refuses the key or the sender when asked",
    AlertKind.WEBHOOK: "SendGrid’s events do not come",
    AlertKind.MESSAGES: "single messages, such as confirmations, do not leave",
    AlertKind.ALERT_URL: "ALERT_URL does not take alerts",
    AlertKind.ERASURES: "SendGrid does not take erasures on",
    AlertKind.EVENTS: "EVENTS_URL has not taken events for three days, and they are given up",
    AlertKind.BRAKE: "more people sign up than may be mailed in an hour",
    AlertKind.NO_ROOM: "sign-ups are turned away",
    AlertKind.BACKUPS: "the daily backup failed, is overdue, or was not proven",
    AlertKind.DISK: "the disk is nearly full",
    AlertKind.CLOCK: "no clock has ticked for five minutes; the site tells of this one",
    AlertKind.TIME: "this machine’s clock differs from the database’s",
    AlertKind.SOURCES: "a quarter of the sources ail, and five at least",
    AlertKind.INSTALLATION: "anything else that `digest doctor` calls bad",
}
"""Each kind, as the rehearsal and docs/operating.md say it: told when …"""


class AlertState(StrEnum):
    """What is told of a cause."""

    BEGUN = "begun"
    REMINDER = "reminder"
    OVER = "over"


@dataclass(frozen=True)
class Course:
    """How an alert has gone so far: `told_at` is the last time, `over_since` set once its end was told."""

    first_seen: datetime
    last_seen: datetime
    told_at: datetime | None
    over_since: datetime | None


def cause(kind: AlertKind, *which: object) -> str:
    """The name of a cause, such as `held:2026-11-27`."""
    return ":".join([kind, *(str(each) for each in which)])[:LONGEST_CAUSE]


def mark_of(text: str) -> str:
    """A short mark that tells this text from others, for a cause."""
    return sha256(text.encode()).hexdigest()[:8]


def begins_anew(course: Course) -> bool:
    """Whether a cause that is seen now had ended before: then its course begins with this moment."""
    return course.over_since is not None


def word_when_seen(course: Course, now: datetime, patience: timedelta) -> AlertState | None:
    """What is to be told of a cause that is seen now; None if nothing is. `patience`: how long it must have lasted."""
    if course.told_at is None:
        return AlertState.BEGUN if now - course.first_seen >= patience else None
    return AlertState.REMINDER if now - course.told_at >= REMINDED_EVERY else None


def has_ended(course: Course, now: datetime, good_for: timedelta) -> bool:
    """Whether a cause is over that nobody has seen since; `good_for`: how long a sighting counts."""
    return course.over_since is None and now - course.last_seen >= good_for
