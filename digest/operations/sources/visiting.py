"""Asking a stranger out of turn, for an editor or about a link, at the pace and by the wish of the host all the same.

Every request is written down before it leaves, as the poller's are: two at once and one a second, whoever asks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from digest.config import Settings
from digest.domain.sources.answers import AnswerOutcome, outcome_of
from digest.domain.sources.hosts import EVERY, host_of
from digest.feeds.fetching.fetcher import (
    FEEDS,
    LARGEST,
    NO_VALIDATORS,
    Fetcher,
    Obstacle,
    Unreachable,
    Validators,
    WebAnswer,
)
from digest.operations.shared.context import Context
from digest.operations.shared.wakeups import pause
from digest.operations.sources.hosts import POLLING, hold_host, host_is_well
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.base.patience import Busy
from digest.storage.sources.hosts import begin_visit, end_visit
from digest.storage.sources.polling import host_named, known_host, standing_of_hosts

log = logging.getLogger(__name__)

_WAITS = timedelta(seconds=8)
"""So long somebody waits for a host that others are asking."""
_SPARE = timedelta(seconds=30)
"""Beyond its deadline, before a request of a process that died counts as ended."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class PacedFetcher:
    """Asks by the guard, one host twice at once and once a second at most, and not before it wants to be asked."""

    db: Database
    settings: Settings
    fetcher: Fetcher
    clock: Callable[[], datetime] = _utc_now
    wait: Callable[[float], None] = pause
    leased: str = ""
    """A host that the poller holds a turn at for whoever asks, which needs it no more."""

    def get(
        self,
        url: str,
        *,
        accept: str = FEEDS,
        validators: Validators = NO_VALIDATORS,
        limit: int = LARGEST,
        deadline: float = 30.0,
    ) -> WebAnswer:
        """As `Fetcher.get`. No transaction may be open. Raises Unreachable also where the host wants to be let be."""
        host = host_of(url)
        with self._visit(host, deadline):
            answer = self.fetcher.get(
                url,
                accept=accept,
                validators=validators,
                limit=limit,
                deadline=deadline,
                now=self.clock(),
                before_hop=self.must_not_be_held,
            )
        self._note(answer)
        return answer

    def must_not_be_held(self, url: str) -> None:
        """Raises Unreachable where the host of this address wants to be let be: a redirect may lead to it."""
        host, now = host_of(url), self.clock()
        with self.db.reading() as session:
            row = known_host(session, host)
        if row and row.not_before and row.not_before > now:
            raise Unreachable(held_in_words(host, row.not_before), Obstacle.HELD)

    @contextmanager
    def _visit(self, host: str, deadline: float) -> Iterator[None]:
        until = self.clock() + _WAITS
        while (key := self._enter(host, timedelta(seconds=deadline))) is None:
            if self.clock() >= until:
                raise Unreachable(f"Others are asking {host} at this moment. Try it again in a minute.", Obstacle.HELD)
            self.wait(max(EVERY.total_seconds() / 4, 0.005))
        try:
            yield
        finally:
            self._leave(key)

    def _enter(self, host: str, lasts: timedelta) -> int | None:
        """The number of a visit that has begun; None where the host's pace does not let it begin yet."""
        with self.db.writing() as session:
            one_at_a_time(session, POLLING)
            now = self.clock()
            standing = standing_of_hosts(session, now, {host})[host]
            if host == self.leased:
                standing = replace(standing, under_way=max(0, standing.under_way - 1))
            if standing.not_before and standing.held(now):
                raise Unreachable(held_in_words(host, standing.not_before), Obstacle.HELD)
            free_at = standing.free_at(now)
            if free_at is None or free_at > now:
                return None
            host_named(session, host).asked_at = now
            return begin_visit(session, host, now + lasts + _SPARE)

    def _leave(self, key: int) -> None:
        try:
            with self.db.writing() as session:
                end_visit(session, key, self.clock())
        except Busy:
            log.warning("others write for long; a request that has ended counts as under way a little longer")

    def _note(self, answer: WebAnswer) -> None:
        host, is_limited = host_of(answer.url), outcome_of(answer.status, answer.challenged) is AnswerOutcome.LIMITED
        try:
            with self.db.writing() as session:
                work = Context(self.db, self.settings, self.clock()).within(session)
                if is_limited:
                    hold_host(work, host, answer.retry_after)
                else:
                    host_is_well(work, host)
        except Busy:
            log.warning("others write for long; how %s answered is not kept", host)


@dataclass
class SlowFetcher:
    """Asks by the guard where no database keeps what hosts want: once a second, whichever host it is."""

    fetcher: Fetcher
    has_asked: bool = False

    def get(
        self,
        url: str,
        *,
        accept: str = FEEDS,
        validators: Validators = NO_VALIDATORS,
        limit: int = LARGEST,
        deadline: float = 30.0,
    ) -> WebAnswer:
        """As `Fetcher.get`."""
        if self.has_asked:
            pause(EVERY.total_seconds())
        self.has_asked = True
        return self.fetcher.get(
            url, accept=accept, validators=validators, limit=limit, deadline=deadline, now=_utc_now()
        )


def held_in_words(host: str, until: datetime) -> str:
    """That a host wants to be let be, for an editor who wants to see what is there."""
    return (
        f"{host} asked us to wait until {until:%H:%M} UTC on {until:%-d %B}. Try it then, or open it in your browser."
    )
