"""What an issue is and what it may become. Every change of an issue asks here first.

`open → closed → sending → sent`, or `skipped`; on hold is a flag beside the state, so that releasing needs no memory
of the state before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from digest.domain.issues.calendar import GRACE


class IssueState(StrEnum):
    """An issue's state; the words are the ones shown and stored."""

    OPEN = "open"
    CLOSED = "closed"
    SENDING = "sending"
    SENT = "sent"
    SKIPPED = "skipped"


BEFORE_SENDING = (IssueState.OPEN, IssueState.CLOSED)
FROZEN = (IssueState.SENDING, IssueState.SENT)

REMINDER = timedelta(hours=1)
"""How long before its send moment the editors are told of an issue that is still open."""


@dataclass(frozen=True)
class IssueFacts:
    """What the clock must know of one issue. Moments are aware, in UTC."""

    state: IssueState
    on_hold: bool
    left_open: bool
    """Past its cut-off, but open until its send moment."""
    reminded: bool
    missed: bool
    """The editors know that it is over a day late."""
    send_at: datetime
    cutoff_at: datetime
    send_now_at: datetime | None
    items: int


class Step(StrEnum):
    """What a tick has to do for one issue now."""

    NOTHING = "nothing"
    CLOSE = "close"
    REMIND = "remind"
    SKIP = "skip"
    SEND = "send"
    MISSED = "missed"


def next_step(issue: IssueFacts, now: datetime, minimum_items: int) -> Step:
    """The one thing that this moment asks of an issue that is not yet sending.

    On hold means that it does not go by itself; closing it is still due, because the proof is what people decide on.
    """
    if issue.state not in BEFORE_SENDING:
        return Step.NOTHING
    if _asked_for_now(issue, now):
        return Step.SEND
    if now < issue.send_at:
        return _before_the_send(issue, now, minimum_items)
    if now - issue.send_at >= GRACE:
        return Step.NOTHING if issue.missed or _asked_for_soon(issue, now) else Step.MISSED
    if issue.on_hold:
        return Step.NOTHING
    return Step.SEND if issue.items >= minimum_items else Step.SKIP


def asked_to_go_at(send_now_at: datetime | None, now: datetime) -> datetime | None:
    """The end of the five minutes of "send now"; nothing once a day has passed without a clock: it counts no more."""
    return send_now_at if send_now_at is not None and now < send_now_at + GRACE else None


def _asked_for_now(issue: IssueFacts, now: datetime) -> bool:
    asked = asked_to_go_at(issue.send_now_at, now)
    return asked is not None and asked <= now and not issue.on_hold


def _asked_for_soon(issue: IssueFacts, now: datetime) -> bool:
    return issue.send_now_at is not None and now < issue.send_now_at


def _before_the_send(issue: IssueFacts, now: datetime, minimum_items: int) -> Step:
    if issue.state is not IssueState.OPEN or now < issue.cutoff_at:
        return Step.NOTHING
    if not issue.left_open:
        return Step.CLOSE
    will_go = issue.items >= minimum_items and not issue.on_hold
    due = now >= issue.send_at - REMINDER and not issue.reminded
    return Step.REMIND if due and will_go else Step.NOTHING
