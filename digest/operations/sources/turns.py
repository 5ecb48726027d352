"""Whose turn it is: sources are claimed before they are asked, and so are their hosts, in one short transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.domain.shared.tokens import new_key
from digest.domain.sources.hosts import host_of
from digest.domain.sources.politeness import DAY, RequestMade, pledged
from digest.operations.shared.context import Context, Work
from digest.operations.sources.hosts import POLLING
from digest.storage.base.database import one_at_a_time
from digest.storage.running.demo_marks import demo_ids
from digest.storage.sources.polling import (
    Lease,
    PolledSource,
    due_sources,
    host_named,
    lease,
    standing_of_hosts,
    these_sources,
)

LEASE = timedelta(seconds=120)
"""A request ends within half a minute by its own deadline; then what it brought is read and written."""


@dataclass(frozen=True)
class PollTurn:
    """A source that may be asked now, under a lease of its own."""

    source: PolledSource
    owner: str
    at: datetime


@dataclass(frozen=True)
class PollTurns:
    """Who may be asked now, and from when another may be; None where nobody waits for the pace of a host alone."""

    now: Sequence[PollTurn] = ()
    next_at: datetime | None = None


def claim(
    context: Context, hands: int, only: Collection[int] | None = None, without: Collection[int] = ()
) -> PollTurns:
    """Up to so many turns, committed before any byte leaves: what is due, or `only` these, due or not.

    A host that asked us to come later is let be; one that was asked within the second, or twice at once already, is to
    be waited for.
    """
    if hands <= 0:
        return PollTurns()
    with context.db.reading() as session:  # most looks find nothing, and take no lock
        if not _wanted(context.within(session), only, without):
            return PollTurns()
    with context.db.writing() as session:
        one_at_a_time(session, POLLING)
        work = context.within(session)
        return _chosen(work, _wanted(work, only, without), hands)


def _wanted(work: Work, only: Collection[int] | None, without: Collection[int]) -> list[PolledSource]:
    without = {*without, *demo_ids(work.session, "sources")}  # their publications are invented: nobody is there
    if only is None:
        # By the setting of today: the one by which it became due may have been a shorter one.
        asked_before = work.now - work.settings.feed_interval
        return [
            source
            for source in due_sources(work.session, work.now)
            if source.id not in without and (source.checked_at is None or source.checked_at <= asked_before)
        ]
    found = these_sources(work.session, work.now, only)
    return [source for source in found if source.id not in without and may_be_asked_early(source, work.now)]


def may_be_asked_early(source: PolledSource, now: datetime) -> bool:
    """Whether it may be asked before it is due: unconditionally only once, and else not twice in 24 hours."""
    if source.is_conditional or source.checked_at is None or not source.asks:
        return True
    return (source.ok_at is None and source.failures > 0) or now - source.checked_at >= DAY


def _chosen(work: Work, wanted: Sequence[PolledSource], hands: int) -> PollTurns:
    now = work.now
    turns: list[PollTurn] = []
    next_at: datetime | None = None
    hosts = standing_of_hosts(work.session, now, {host_of(source.fetch_url) for source in wanted})
    for source in wanted:
        host = host_of(source.fetch_url)
        standing = hosts[host]
        if standing.held(now):
            continue
        free_at = standing.free_at(now)
        if free_at is not None and free_at <= now and len(turns) < hands:
            turns.append(_take(work, source))
            hosts[host] = standing.asked(now)
            host_named(work.session, host).asked_at = now
        elif free_at is None or free_at > now:
            ready = free_at or now + timedelta(seconds=1)
            next_at = min(next_at or ready, ready)
    return PollTurns(turns, next_at)


def _take(work: Work, source: PolledSource) -> PollTurn:
    asked = RequestMade(source.url, work.now, work.settings.feed_interval)
    owner = new_key()
    lease(work.session, source.id, Lease(owner, work.now + LEASE), work.now, pledged(asked, source.is_conditional))
    return PollTurn(source, owner, work.now)
