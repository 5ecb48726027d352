"""Looking at each original that the archive links, once a month: whether it is still there.

Politely, as all strangers are asked: through the same guard, one at a time, at the hosts' pace and by their wish. The
days are spread over the month by a hash of the address. What is found stands on the desk; readers are led to the
original in any case, and beside it to the copy that an editor gave. No link is ever rewritten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from digest.domain.issues.links import LinkFinding
from digest.domain.sources.answers import AnswerOutcome, outcome_of
from digest.domain.sources.hosts import host_of
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import PAGES
from digest.feeds.fetching.link_checks import verdict_of
from digest.feeds.fetching.unreachable import Obstacle, Unreachable
from digest.operations.shared.context import Context, Process
from digest.operations.sources.hosts import POLLING
from digest.storage.base.database import one_at_a_time
from digest.storage.running.demo_marks import has_demo
from digest.storage.sources.polling import standing_of_hosts
from digest.storage.writing.original_links import (
    give_days,
    links_alike,
    links_due,
    links_without_a_day,
)

MONTH = timedelta(days=30)
"""How long what was found counts."""
_LEASE = timedelta(hours=1)
"""A process that dies while it looks has looked for so long; then it is another's turn."""
_AGAIN = timedelta(days=1)
"""After its host, or one that it leads to, asked us to come later."""
_NEVER = timedelta(days=36_500)
"""After a 410: publishers are promised that such an address is not asked again."""
_DAYS_AT_ONCE, _READ, _MOST_AT_ONCE = 500, 30, 3
_PATIENCE = 15.0
"""Seconds for a whole answer."""
_ENOUGH = 100_000
"""Bytes of a page: that it is there shows at its beginning."""
_GONE = 410


@dataclass(frozen=True)
class Looked:
    """What came of looking: `held` where the host, or one that it leads to, wants to be let be; `gone` is what its
    server took away for good.
    """

    finding: LinkFinding
    held: bool = False
    gone: bool = False


Look = Callable[[str], Looked]
"""Looks at one address; never raises for what it answers."""


def looking_through(asker: Asker) -> Look:
    """Looks through the guard of the feeds' world, at the pace and by the wish of each host."""

    def look(url: str) -> Looked:
        try:
            answer = asker.get(url, accept=PAGES, limit=_ENOUGH, deadline=_PATIENCE)
        except Unreachable as error:
            verdict = verdict_of(error)
            return Looked(LinkFinding(verdict.state, verdict.words), held=error.obstacle is Obstacle.HELD)
        verdict, outcome = verdict_of(answer), outcome_of(answer.status, answer.challenged)
        held, gone = outcome is AnswerOutcome.LIMITED, answer.status == _GONE
        return Looked(LinkFinding(verdict.state, verdict.words), held, gone)

    return look


def look_at_originals(process: Process, look: Look) -> int:
    """Look at some of the links whose day has come, each of another host; returns how many. The clock does it."""
    _give_days(process.context())
    looked = 0
    for link_id, url in _claim(process.context()):
        if process.stop.is_set():
            break
        _note(process.context(), link_id, look(url))
        looked += 1
    return looked


def _give_days(context: Context) -> None:
    """Each new link gets its day of the month, the same for the same address."""
    with context.db.reading() as session:
        new = [] if has_demo(session) else links_without_a_day(session, _DAYS_AT_ONCE)
    if new:
        days = {key: context.now + MONTH * _share_of_the_month(url) for key, url in new}
        with context.db.writing() as session:
            give_days(session, days)


def _share_of_the_month(url: str) -> float:
    return int.from_bytes(sha256(url.encode("utf-8", "surrogatepass")).digest()[:4]) / 2**32


def _claim(context: Context) -> list[tuple[int, str]]:
    """Links whose day has come and whose hosts may be asked now; they count as looked at from here on."""
    with context.db.reading() as session:
        if has_demo(session) or not links_due(session, context.now, 1):
            return []
    with context.db.writing() as session:
        one_at_a_time(session, POLLING)
        due = links_due(session, context.now, _READ)
        standings = standing_of_hosts(session, context.now, {host_of(url) for _, url in due})
        chosen: dict[str, tuple[int, str]] = {}
        for link_id, url in due:
            host = host_of(url)
            standing = standings[host]
            free = not standing.held(context.now) and standing.free_at(context.now) == context.now
            if host and free and len(chosen) < _MOST_AT_ONCE:
                chosen.setdefault(host, (link_id, url))
        # What can't be asked now waits an hour as well, or a host on hold would keep all others from their turn.
        give_days(session, dict.fromkeys((link_id for link_id, _ in due), context.now + _LEASE))
    return list(chosen.values())


def _note(context: Context, link_id: int, looked: Looked) -> None:
    with context.db.writing() as session:
        for link in links_alike(session, link_id):
            link.check_at = context.now + (_AGAIN if looked.held else _NEVER if looked.gone else MONTH)
            if not looked.held:
                link.health, link.health_words = looked.finding.verdict[:10], looked.finding.words[:500]
                link.checked_at = context.now
