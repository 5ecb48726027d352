"""How a send that has begun goes on: why it stands still or goes slowly, since when, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import IssueState
from digest.operations.accounting.pacing import pace_of
from digest.operations.sending.claiming import LEASE_SECONDS
from digest.storage.accounting.unsettled import last_unsettled, unsettled_since
from digest.storage.base.database import database_now
from digest.storage.issues.history import last_noted_by
from digest.storage.issues.issues import Issue
from digest.storage.running.heartbeats import last_beat
from digest.storage.sending.attempts import UnderWay, attempts_under_way, last_lease
from digest.storage.sending.batches import BatchState, claimed_copies, next_try, unclaimed_copies

_LATE = 15.0
"""Seconds before its lease ends when a sender should have reported: its request had 30 of the lease's 45."""
_DEAD_AFTER = 60.0
"""Seconds without a tick after which a clock counts as dead; it ticks every few."""


class Stall(StrEnum):
    """Why not everything that waits is leaving as fast as it can."""

    NONE = ""
    STOPPED = "stopped"
    REFUSED = "refused"
    """SendGrid refuses the whole send, until somebody mends the cause."""
    LIMITED = "limited"
    """SendGrid named the moment from which it takes more (429)."""
    PROBING = "probing"
    """A request had no certain outcome, and SendGrid has not answered a harmless one since."""
    SILENT = "silent"
    """A sender does not report on what it has in hand."""
    AGAIN = "again"
    """All that is left was certainly not taken, and goes again in a moment."""
    SLOWED = "slowed"
    """SendGrid asked for less at a time."""


@dataclass(frozen=True)
class SendStatus:
    """How a send goes on. `since` and `until` belong to the stall; each may be unknown."""

    stall: Stall = Stall.NONE
    since: datetime | None = None
    until: datetime | None = None
    because: str = ""
    """In SendGrid's words, or the name of the sender that is silent."""
    unclaimed: int = 0
    """Copies that are in no request yet."""
    in_hand: int = 0
    """Copies in requests that are under way."""
    silent: int = 0
    """Those of them whose sender does not report."""
    tries: int = 0
    """How many probes SendGrid has not answered so far."""
    clock_runs: bool = False
    """Some clock has ticked within the last minute."""
    clock_dead: bool = False
    """Nothing goes on by itself: no clock has ticked for a minute, and no sender is at work."""
    clock_seen: datetime | None = None
    unknown_since: datetime | None = None
    held_since: datetime | None = None


def send_status_of(session: Session, issue: Issue) -> SendStatus:
    """How the send of an issue goes on now; of one that is over, only what is in doubt."""
    doubts = unsettled_since(session, issue.id)
    unknown_since, held_since = (_moment(doubts.get(state)) for state in (BatchState.UNKNOWN, BatchState.HELD))
    if issue.state != IssueState.SENDING:
        return SendStatus(clock_runs=a_clock_runs(session), unknown_since=unknown_since, held_since=held_since)
    at, hands = database_now(session), attempts_under_way(session, issue.id)
    unclaimed = unclaimed_copies(session, issue.id)
    late = [one for one in hands if one.lease_until - _LATE < at]
    stall, since, until, because = _stall(session, issue, at, unclaimed, hands, late)
    beat = last_beat(session)
    return SendStatus(
        stall=stall,
        since=since,
        until=until,
        because=because,
        unclaimed=unclaimed,
        in_hand=claimed_copies(session, issue.id),
        silent=sum(one.copies for one in late),
        tries=issue.probe_tries,
        clock_runs=_ticks(at, beat),
        clock_dead=stall is not Stall.STOPPED and _nobody_is_there(session, issue, at, beat),
        clock_seen=_moment(beat),
        unknown_since=unknown_since,
        held_since=held_since,
    )


def a_clock_runs(session: Session) -> bool:
    """Whether some clock has ticked within the last minute, so that things go on by themselves."""
    return _ticks(database_now(session), last_beat(session))


def _stall(
    session: Session, issue: Issue, at: float, unclaimed: int, hands: list[UnderWay], late: list[UnderWay]
) -> tuple[Stall, datetime | None, datetime | None, str]:
    """The stall with its beginning, its end and its cause: the one that keeps most from leaving."""
    if issue.stopped_at:
        return Stall.STOPPED, issue.stopped_at, None, ""
    if issue.paused_until > at:
        until = _moment(issue.paused_until)
        if issue.paused_because:
            return Stall.REFUSED, last_noted_by(session, issue.id, "the send"), until, issue.paused_because
        return Stall.LIMITED, None, until, ""
    if late:
        return Stall.SILENT, late[0].started_at, _moment(late[0].lease_until), late[0].owner
    if not unclaimed:
        return Stall.NONE, None, None, ""
    if pace_of(issue).probing:
        until = _moment(issue.probe_at) if issue.probe_at > at else None
        return Stall.PROBING, _moment(last_unsettled(session, issue.id)), until, ""
    first = next_try(session, issue.id)
    if first and first.retry_at > at and not hands:
        return Stall.AGAIN, None, _moment(first.retry_at), first.because
    return (Stall.SLOWED if issue.pace_gentle and issue.pace is not None else Stall.NONE), None, None, ""


def _nobody_is_there(session: Session, issue: Issue, at: float, beat: float | None) -> bool:
    if _ticks(at, beat):
        return False
    # A send by command needs no clock; while it lasts, it begins attempts.
    lease = last_lease(session, issue.id)
    return lease is None or at - (lease - LEASE_SECONDS) > _DEAD_AFTER


def _ticks(at: float, beat: float | None) -> bool:
    return beat is not None and at - beat < _DEAD_AFTER


def _moment(database_seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(database_seconds, UTC) if database_seconds else None
