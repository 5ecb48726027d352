"""Collecting: every source that is due is asked, politely, many at once; what came is written down, source by source.

One thread keeps the books, in turns: it writes what has come back and claims as many sources as hands are free. The
others ask and read. No transaction is open while a stranger is waited for, and one who drips keeps one hand busy.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from digest.config import Settings
from digest.domain.sources.answers import AnswerOutcome
from digest.domain.sources.hosts import host_of
from digest.domain.sources.states import SourceKind
from digest.feeds.fetching.fetcher import Fetcher, WebAnswer
from digest.feeds.listings.sitemap_recipes import sitemap_recipe_from
from digest.operations.shared.context import Context
from digest.operations.shared.wakeups import Bell, pause
from digest.operations.sources.asking import Heard, ask, heard
from digest.operations.sources.noting import AnswerNoted, note
from digest.operations.sources.sitemaps import hear_sitemap
from digest.operations.sources.turns import PollTurn, PollTurns, claim
from digest.operations.sources.visiting import PacedFetcher
from digest.storage.base.database import Database
from digest.storage.base.patience import Busy
from digest.storage.sources.polling import DueMinutes, PolledSource, leased_source, polled_ids
from digest.storage.sources.sitemap_memories import sitemap_memory

log = logging.getLogger(__name__)

HANDS = 40
_LOOKS_EVERY = 0.5
"""Seconds between two looks for what has become due, while others are still being asked."""
_FOR_MORE = 0.02
"""So long a turn waits for a second answer: a transaction costs the disk as much as it does for ten."""
_TRIES = 3

Answered = tuple[PollTurn, Heard]
"""Who was asked, and what came of it."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Poller:
    """A process that asks sources: with what, what time it is for it, whether it shall end, and how many at once."""

    db: Database
    settings: Settings
    fetcher: Fetcher
    clock: Callable[[], datetime] = _utc_now
    stop: threading.Event = field(default_factory=threading.Event)
    hands: int = HANDS
    wait: Callable[[float], None] = pause
    """How it waits where nothing is under way."""

    def context(self) -> Context:
        """This moment's."""
        return Context(self.db, self.settings, self.clock())

    def beside(self, source: PolledSource) -> PacedFetcher:
        """Asks further addresses of a source whose own answer has come, and whose lease still lasts."""
        return PacedFetcher(self.db, self.settings, self.fetcher, self.clock, self.wait, host_of(source.fetch_url))


@dataclass(frozen=True)
class Poll:
    """What came of a round; `sources` is the sum of the four counts after it."""

    sources: int
    fetched: int
    unchanged: int
    failed: int
    skipped: int
    """Not asked: not due, paused, gone, let be by their host's wish, or being asked by somebody else."""
    new_leads: int
    seconds: float


def poll(poller: Poller, everything: bool = False) -> Poll:
    """Ask each source that is due, or everything, once; conditionally, and at their hosts' pace. Comes back when all
    have answered, or failed to; when `poller.stop` is set, after the requests in hand.
    """
    started = time.monotonic()
    with poller.db.reading() as session:
        ids = polled_ids(session)
    outcomes, new_leads = _Round(poller, set(ids) if everything else None).run()
    fetched, unchanged = outcomes[AnswerOutcome.READ], outcomes[AnswerOutcome.UNCHANGED]
    failed = sum(outcomes.values()) - fetched - unchanged
    skipped = max(0, len(ids) - fetched - unchanged - failed)
    seconds = round(time.monotonic() - started, 3)
    return Poll(fetched + unchanged + failed + skipped, fetched, unchanged, failed, skipped, new_leads, seconds)


def poll_one(poller: Poller, source_id: int) -> AnswerNoted | None:
    """Ask this one source now, at its host's pace. None where somebody else is asking it, or it may not be asked."""
    outcomes, new_leads = _Round(poller, {source_id}).run()
    return next((AnswerNoted(outcome, new_leads) for outcome in outcomes), None)


def keep_polling(poller: Poller) -> None:
    """Ask whatever is due, and whatever becomes due while others are being asked. For the clock."""
    _Round(poller, None, again=True).run()


class _Round:
    """One round."""

    def __init__(self, poller: Poller, only: set[int] | None, again: bool = False) -> None:
        self._poller = poller
        self._only = only
        self._again = again
        self._asked: set[int] = set()
        self._under_way: dict[Future[Heard], PollTurn] = {}
        self._outcomes: Counter[AnswerOutcome] = Counter()
        self._new_leads = 0

    def run(self) -> tuple[Counter[AnswerOutcome], int]:
        """What came of it, and how many leads are new."""
        with Bell() as bell, ThreadPoolExecutor(self._poller.hands, "feeds") as pool:
            while True:
                # Free hands first: while the books are written, the next ones are being asked.
                came = self._what_came()
                turns = self._claim()
                for turn in turns.now:
                    under_way = pool.submit(_ask, self._poller, turn)
                    self._under_way[under_way] = turn
                    under_way.add_done_callback(lambda _: bell.ring())
                self._note(came)
                if not self._under_way and turns.next_at is None:
                    return self._outcomes, self._new_leads
                self._wait(bell, turns)

    def _what_came(self) -> list[Answered]:
        done = [future for future in self._under_way if future.done()]
        return [(self._under_way.pop(future), future.result()) for future in done]

    def _claim(self) -> PollTurns:
        if self._poller.stop.is_set():
            return PollTurns()
        hands = self._poller.hands - len(self._under_way)
        try:
            turns = claim(self._poller.context(), hands, self._only, () if self._again else self._asked)
        except Busy:  # others write for long; what is under way goes on, and the next round comes soon
            return PollTurns()
        self._asked |= {turn.source.id for turn in turns.now}
        return turns

    def _wait(self, bell: Bell, turns: PollTurns) -> None:
        seconds = _LOOKS_EVERY
        if turns.next_at is not None:
            seconds = min(seconds, max(0.005, (turns.next_at - self._poller.clock()).total_seconds()))
        if not self._under_way:
            self._poller.wait(seconds)
            return
        bell.wait_for(self._any_done, seconds)
        if self._any_done():
            bell.wait_for(lambda: False, _FOR_MORE)

    def _any_done(self) -> bool:
        return any(future.done() for future in self._under_way)

    def _note(self, came: Sequence[Answered]) -> None:
        """Whoever brought nothing new in one transaction, each of the others in its own."""
        brief = [each for each in came if each[1].bulletin is None]
        for some in ([brief] if brief else []) + [[each] for each in came if each[1].bulletin]:
            for noted in self._noted(some):
                self._outcomes[noted.outcome] += 1
                self._new_leads += noted.new_leads

    def _noted(self, some: Sequence[Answered]) -> list[AnswerNoted]:
        """What came of these, written; without those that were removed meanwhile, or that someone else asks by now."""
        for _ in range(_TRIES):
            try:
                return _note_all(self._poller.context(), some)
            except Busy:
                log.warning("others write for long; what sources brought waits")
            except Exception:
                if len(some) > 1:
                    return [noted for each in some for noted in self._noted([each])]
                log.exception("source %s: what it brought could not be stored", some[0][0].source.id)
                break
        # Their leases run out, and they are asked again with the validators that they had: nothing is lost.
        return [AnswerNoted(AnswerOutcome.FAILED) for _ in some]


def _ask(poller: Poller, turn: PollTurn) -> Heard:
    source = turn.source

    def read(answer: WebAnswer) -> Heard:
        recipe = sitemap_recipe_from(source.recipe) if source.kind == SourceKind.PAGE else None
        if recipe is None:
            return heard(answer, source.kind, source.recipe)
        with poller.db.reading() as session:
            memory = sitemap_memory(session, source.id)
        return hear_sitemap(poller.beside(source), answer, recipe, memory, turn.at)

    return ask(poller.fetcher, source, turn.at, read)


def _note_all(context: Context, some: Sequence[Answered]) -> list[AnswerNoted]:
    with context.db.writing() as session:
        crowd, found = DueMinutes(session, context.now), []
        for turn, said in some:
            source = leased_source(session, turn.source.id, turn.owner)
            if source is not None:
                found.append(note(context.within(session), source, said, crowd))
        return found
