"""What the measurements of pages share: an archive in words of its own, a database of either kind, and times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

from sqlalchemy import text

from digest.domain.writing.archived import SourceRow
from digest.storage.base.database import Database
from digest.storage.writing.publications import publication_ids
from digest.storage.writing.summary_rows import NewSummary, add_published, free_ids
from digest.storage.writing.topics import topics_named
from tests import postgresql

DATABASES = ("SQLite", "PostgreSQL")
TOPICS = ("AI", "Courts", "Fines", "Transfers", "Cookies", "Health", "Children", "Security", "Work", "Police")
PUBLICATIONS = [f"The {number}th Gazette" for number in range(1, 301)]
DAYS, _AT_ONCE, TIMES = 2_400, 1_000, 60
_SYLLABLES = ("ba", "co", "di", "fu", "ga", "hel", "in", "jor", "ka", "lum", "mer", "nos", "op", "pra", "qui", "ron")
Times = list[tuple[float, float]]
"""Seconds that passed, and of our own processor: what else is running shows less in the second."""


def timed(asked: Sequence[Callable[[], object]]) -> Times:
    """How long each took, the quickest first; the first is done once before, as a site that is up has."""
    asked[0]()
    times = []
    for each in asked:
        began, busy = time.perf_counter(), time.process_time()
        each()
        times.append((time.perf_counter() - began, time.process_time() - busy))
    return sorted(times)


def _word(number: int) -> str:
    return "".join(_SYLLABLES[number // 16**place % 16] for place in range(3 if number >= 256 else 2)) + "n"


_VOCABULARY = [_word(number) for number in range(4_000)]
_SPREAD = list(accumulate(1 / (rank + 8) for rank in range(len(_VOCABULARY))))
"""As words in a language are: few very common ones, many rare ones."""


def some(random: Random, count: int) -> str:
    """So many words of the archive."""
    return " ".join(random.choices(_VOCABULARY, cum_weights=_SPREAD, k=count))


def commonest(random: Random, count: int) -> str:
    """So many of its ten most common words."""
    return " ".join(random.sample(_VOCABULARY[:10], count))


def day_at(at: int) -> str:
    """The archive's day with this number, in ISO."""
    return (date(2020, 1, 1) + timedelta(days=at)).isoformat()


def fill_archive(db: Database, count: int) -> None:
    """Store so many published summaries, spread over the archive's days, publications and topics."""
    random = Random(7)  # noqa: S311 - the same archive in every run
    with db.writing() as session:
        publications = list(publication_ids(session, PUBLICATIONS).values())
        topics = [topic.id for topic in topics_named(session, TOPICS)]
    for start in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - start)
        with db.writing() as session:
            made = []
            for at, key in enumerate(free_ids(session, size)):
                title, body = some(random, 9).capitalize(), some(random, 80)
                day = date.fromisoformat(day_at((start + at) * DAYS // count))
                made.append(
                    NewSummary(
                        key, title, f"s-{key}", publications[int(random.paretovariate(1)) % 300], day, body, "markdown",
                        f"<p>{body}</p>", (SourceRow(f"https://example.org/{key}", "", ""),),
                        tuple(random.sample(topics, random.choice((1, 1, 2, 3)))),
                    )
                )  # fmt: skip
            add_published(session, datetime.now(UTC), made)


def settle(db: Database) -> None:
    """What both databases do by themselves, sooner or later."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        if db.engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM"))


@contextmanager
def database_at(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database, which goes with the folder, or with its server."""
    if kind == "SQLite":
        yield f"sqlite:///{folder}/digest.db"
        return
    with closing(postgresql.Server("bench-archive", durable=True)) as server, server.database(migrated=False) as url:
        yield url


def row(what: str, kind: str, times: Times) -> str:
    """A line of a table."""
    passed, busy = (sorted(each) for each in zip(*times, strict=True))
    high = max(0, int(len(times) * 0.95) - 1)
    return (
        f"| {what} | {kind} | {statistics.median(passed) * 1000:.0f} ms | {passed[high] * 1000:.0f} ms "
        f"| {busy[high] * 1000:.0f} ms |"
    )
