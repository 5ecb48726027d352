"""Writing down what came of asking a source: its state, when it is due again, and its entries as leads, all at once.

One transaction a source: a process that dies before it leaves everything as it was, and the source is asked again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.domain.sources import answers, habits
from digest.domain.sources.answers import AnswerOutcome
from digest.domain.sources.hosts import host_of
from digest.domain.sources.moves import Move
from digest.domain.sources.politeness import RequestMade, Wishes, most_in_a_minute, next_check, next_try
from digest.domain.sources.states import SourceState
from digest.feeds.base.entries import Bulletin, Rhythm
from digest.operations.shared.context import Work
from digest.operations.sources.arriving import arrive, as_of_source
from digest.operations.sources.asking import Heard
from digest.operations.sources.hosts import hold_host, host_is_well
from digest.storage.sources.polling import DueMinutes
from digest.storage.sources.sitemap_memories import remember_sitemap
from digest.storage.sources.sources import WatchedSource

FIRST_TIME = timedelta(days=14)
"""Of a new source so much is leads; what is older is its history."""


@dataclass(frozen=True)
class AnswerNoted:
    """What a request brought."""

    outcome: AnswerOutcome
    new_leads: int = 0


def note(work: Work, source: WatchedSource, heard: Heard, crowd: DueMinutes) -> AnswerNoted:
    """Write what was heard of a source that the caller has locked, and end its lease."""
    due = source.next_at
    source.lease_owner, source.lease_until = "", None
    noted = _HANDLERS[heard.outcome](work, source, heard, crowd)
    if heard.outcome is not AnswerOutcome.LIMITED:
        host_is_well(work, heard.host)
    source.words = source.words[:500]
    if source.state == SourceState.PAUSED:
        source.next_at = None
    elif source.next_at is not None:
        crowd.move(due, source.next_at)
    return noted


def _read(work: Work, source: WatchedSource, heard: Heard, crowd: DueMinutes) -> AnswerNoted:
    given = heard.validators
    source.etag, source.last_modified = (given.etag, given.last_modified) if given else ("", "")
    source.unreadable = bool(heard.words)
    new = 0
    if heard.bulletin is not None:
        source.rhythm = _stored(heard.bulletin.rhythm)
        new = _take_in(work, source, heard, heard.bulletin)
        source.recipe = heard.recipe or source.recipe
    if heard.words:
        _failed(work, source, heard, crowd)
        return AnswerNoted(AnswerOutcome.FAILED, new)
    _went_well(work, source, heard, crowd)
    return AnswerNoted(AnswerOutcome.READ, new)


def _unchanged(work: Work, source: WatchedSource, heard: Heard, crowd: DueMinutes) -> AnswerNoted:
    if given := heard.validators:
        # RFC 9111, 3.2: a 304 updates what was stored with the fields that it has, and leaves the others.
        source.etag = given.etag or source.etag
        source.last_modified = given.last_modified or source.last_modified
    if source.unreadable:
        _failed(work, source, replace(heard, words=source.words), crowd)
        return AnswerNoted(AnswerOutcome.UNCHANGED)
    _went_well(work, source, heard, crowd)
    return AnswerNoted(AnswerOutcome.UNCHANGED)


def _take_in(work: Work, source: WatchedSource, heard: Heard, bulletin: Bulletin) -> int:
    """The entries as leads; how many are new."""
    first = source.ok_at is None
    source.title = source.title or bulletin.title[:300]
    source.home = source.home or (bulletin.home if len(bulletin.home) <= 2_000 else "")
    source.language = source.language or bulletin.language[:35]
    entries = bulletin.entries if heard.seen is None else heard.fresh
    if heard.seen is not None:
        remember_sitemap(work.session, source.id, heard.seen)
    arrivals = arrive(work, as_of_source(source, entries), source.id, work.now - FIRST_TIME if first else None)
    dated = [entry.published_at for entry in bulletin.entries if entry.published_at]
    past = [moment for moment in dated if moment <= work.now]
    source.entries = len(bulletin.entries)
    source.usual_gap = round(habits.usual_gap(past, work.now).total_seconds()) or source.usual_gap
    if not first and arrivals.new:
        source.newest_at = work.now
    elif first:
        source.newest_at = max(past, default=work.now if bulletin.entries else None)
    return arrivals.new


def _went_well(work: Work, source: WatchedSource, heard: Heard, crowd: DueMinutes) -> None:
    now, gap = work.now, timedelta(seconds=source.usual_gap)
    source.ok_at, source.failures, source.failing_since = now, 0, None
    _follow(source, heard.moved_to, now)
    silent = source.newest_at is not None and habits.is_silent(source.newest_at, gap, now)
    if silent and source.newest_at:
        source.words = answers.silent_in_words(source.newest_at, gap, now)
    else:
        source.words = heard.remark or answers.well_in_words(gap)
    _becomes(source, SourceState.SILENT if silent else SourceState.OK)
    full = most_in_a_minute(crowd.sources)
    source.next_at = next_check(
        _asked(work, source),
        _wishes(source.rhythm, heard.fresh_for),
        bool(source.etag or source.last_modified),
        habits.lull(source.newest_at, gap, now),
        lambda moment: crowd.at(moment) >= full,
    )


def _failed(work: Work, source: WatchedSource, heard: Heard, _crowd: DueMinutes) -> AnswerNoted:
    _fails(work, source, heard.words, SourceState.FAILING)
    return AnswerNoted(AnswerOutcome.FAILED)


def _challenged(work: Work, source: WatchedSource, heard: Heard, _crowd: DueMinutes) -> AnswerNoted:
    _fails(work, source, heard.words, SourceState.CHALLENGED)
    return AnswerNoted(AnswerOutcome.CHALLENGED)


def _fails(work: Work, source: WatchedSource, words: str, state: SourceState) -> None:
    source.failures += 1
    source.failing_since = source.failing_since or work.now
    source.words = words
    _becomes(source, state)
    conditional = bool(source.etag or source.last_modified)
    source.next_at = next_try(_asked(work, source), source.failures, conditional or source.ok_at is None)


def _limited(work: Work, source: WatchedSource, heard: Heard, _crowd: DueMinutes) -> AnswerNoted:
    host = heard.host or host_of(source.fetch_url)
    not_before = hold_host(work, host, heard.retry_after)
    _fails(work, source, answers.limited_in_words(host, not_before), SourceState.LIMITED)
    # The host's word is enough: how often it was said is counted with the host, not with each of its sources.
    source.failures -= 1
    source.next_at = max(next_try(_asked(work, source), 1), not_before)
    return AnswerNoted(AnswerOutcome.LIMITED)


def _gone(work: Work, source: WatchedSource, heard: Heard, _crowd: DueMinutes) -> AnswerNoted:
    source.failing_since = source.failing_since or work.now
    source.words, source.next_at = heard.words, None
    _becomes(source, SourceState.GONE)
    return AnswerNoted(AnswerOutcome.GONE)


_HANDLERS: Mapping[AnswerOutcome, Callable[[Work, WatchedSource, Heard, DueMinutes], AnswerNoted]] = {
    AnswerOutcome.READ: _read,
    AnswerOutcome.UNCHANGED: _unchanged,
    AnswerOutcome.FAILED: _failed,
    AnswerOutcome.LIMITED: _limited,
    AnswerOutcome.CHALLENGED: _challenged,
    AnswerOutcome.GONE: _gone,
}


def _becomes(source: WatchedSource, state: SourceState) -> None:
    """What was paused while it was being asked stays so."""
    if source.state != SourceState.PAUSED:
        source.state = state


def _asked(work: Work, source: WatchedSource) -> RequestMade:
    return RequestMade(source.url, source.checked_at or work.now, work.settings.feed_interval)


def _follow(source: WatchedSource, moved_to: str, now: datetime) -> None:
    moved_to = moved_to if len(moved_to) <= 2_000 else ""
    move = Move(source.moved_to, source.moved_since, source.moved_checks).seen(moved_to, now)
    if move.is_believed(now):
        source.fetch_url, move = move.to, Move()
    source.moved_to, source.moved_since, source.moved_checks = move.to, move.since, move.checks


def _stored(rhythm: Rhythm) -> str:
    if rhythm == Rhythm():
        return ""
    said = {
        "seconds": round(rhythm.at_least.total_seconds()),
        "hours": sorted(rhythm.skip_hours),
        "days": sorted(rhythm.skip_days),
    }
    return json.dumps(said)


def _wishes(rhythm: str, fresh_for: timedelta) -> Wishes:
    said = json.loads(rhythm or "{}")
    at_least = timedelta(seconds=said.get("seconds", 0))
    return Wishes(max(at_least, fresh_for), frozenset(said.get("hours", ())), frozenset(said.get("days", ())))
