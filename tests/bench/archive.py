"""`python -m tests.bench.archive`: the archive's pages and searches with 100,000 summaries, on SQLite and PostgreSQL.

Each page is asked of the whole site in one process, without a network: that is the time at the server. Beside it the
same words by plain LIKE over title and body, and by each database's own bare full-text index. `--summaries 5000` is
quick to try.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from urllib.parse import quote_plus

from sqlalchemy import text
from sqlalchemy.orm import Session

from digest import config
from digest.app import create_app
from digest.operations.archive.indexing import index_summaries
from digest.operations.archive.pairing import pair_block
from digest.operations.running.startup import MIGRATIONS
from digest.storage.archive.published import ArchiveQuestion, archive_page
from digest.storage.base.database import Database
from digest.storage.running import schema
from tests.bench.pages import (
    DATABASES,
    DAYS,
    TIMES,
    TOPICS,
    Times,
    commonest,
    database_at,
    day_at,
    fill_archive,
    row,
    settle,
    some,
    timed,
)
from tests.bench.report import keep_section
from tests.bench.stage import environment

_SECTION = "\n## The archive\n"


def main() -> None:
    """Measure and print; with --write, keep the section in docs/benchmarks.md."""
    asked = _arguments()
    logging.disable()
    rows = [row for kind in asked.databases for row in _measured(kind, asked.summaries)]
    written = _page(asked.summaries, rows)
    sys.stdout.write(written)
    if asked.write:
        keep_section(_SECTION, written)


def _measured(kind: str, summaries: int) -> Iterator[tuple[str, str, Times]]:
    with tempfile.TemporaryDirectory() as folder, database_at(kind, Path(folder)) as url:
        environ = environment(Path(folder), url, "https://api.sendgrid.com")
        db = Database(url)
        schema.upgrade(db, MIGRATIONS)
        began = time.perf_counter()
        fill_archive(db, summaries)
        sys.stderr.write(f"{kind}: {summaries:,} summaries stored in {time.perf_counter() - began:.0f} s\n")
        began = time.perf_counter()
        index_summaries(db)
        while pair_block(db):
            pass
        sys.stderr.write(f"{kind}: indexed in {time.perf_counter() - began:.0f} s\n")
        settle(db)
        client = create_app(config.load(environ, Path(folder))).test_client()
        for what, paths in _paths(summaries).items():
            yield kind, what, timed([lambda path=path: client.get(path) for path in paths])  # type: ignore[misc]
        with db.reading() as session:
            yield kind, "beside it: words by LIKE", timed([_liked(session, words) for words in _WORDS[:12]])
        with db.writing() as session:
            _make_bare(session)
        with db.reading() as session:
            yield kind, "beside it: words by the bare index", timed([_bare(session, words) for words in _WORDS])
        db.close()


_random = Random(3)  # noqa: S311 - the same questions in every run
_WORDS = [some(_random, count) for count in (1, 2, 3) * (TIMES // 3)]
_COMMON = [commonest(Random(seed), 2 + seed % 2) for seed in range(TIMES)]  # noqa: S311 - likewise


def _paths(summaries: int) -> Mapping[str, Sequence[str]]:
    last = max(2, summaries // 20)
    topics = [topic.lower() for topic in TOPICS]
    return {
        "the first page": ["/news"] * TIMES,
        "any page": [f"/news?page={_random.randint(1, last)}" for _ in range(TIMES)],
        "the 2,000th page": [f"/news?page={min(2_000, last)}"] * TIMES,
        "pages of a topic": [
            f"/news?topic={topic}&page={_random.randint(1, max(1, last // 10))}" for topic in topics * 6
        ],
        "pages of a month": [f"/news?from={day_at(at)}&to={day_at(at + 30)}" for at in range(0, DAYS - 40, 40)],
        "one to three words": [f"/news?q={quote_plus(words)}" for words in _WORDS],
        "words, by date": [f"/news?q={quote_plus(words)}&order=date" for words in _WORDS],
        "a phrase": [f"/news?q={quote_plus(chr(34) + some(_random, 2) + chr(34))}" for _ in range(TIMES)],
        "a phrase of the commonest words": [f"/news?q={quote_plus(chr(34) + words + chr(34))}" for words in _COMMON],
        "a headline, any of its words": [f"/news?q={quote_plus(some(_random, 12))}" for _ in range(TIMES)],
        "words and filters": [f"/news?q={quote_plus(words)}&topic=ai&from={day_at(900)}" for words in _WORDS],
        "words, as JSON": [f"/news.json?q={quote_plus(words)}" for words in _WORDS],
    }


def _liked(session: Session, words: str) -> Callable[[], object]:
    return lambda: archive_page(session, ArchiveQuestion(text=words), 1, 20)


def _make_bare(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("CREATE VIRTUAL TABLE bare USING fts5(title, body)"))
        session.execute(text("INSERT INTO bare (rowid, title, body) SELECT id, title, body FROM summaries"))
        return
    session.execute(
        text(
            "CREATE TABLE bare AS SELECT id, setweight(to_tsvector('english', title), 'A') || "
            "to_tsvector('english', body) AS terms FROM summaries"
        )
    )
    session.execute(text("CREATE INDEX ix_bare ON bare USING gin (terms)"))


def _bare(session: Session, words: str) -> Callable[[], object]:
    """The best twenty and how many there are, without filters, their counts, and the page."""
    if session.get_bind().dialect.name == "sqlite":
        best = "SELECT rowid FROM bare WHERE bare MATCH :words ORDER BY rank LIMIT 20"
        count = "SELECT count(*) FROM bare WHERE bare MATCH :words"
    else:
        asked = "plainto_tsquery('english', :words)"
        best = f"SELECT id FROM bare WHERE terms @@ {asked} ORDER BY ts_rank(terms, {asked}) DESC LIMIT 20"  # noqa: S608
        count = f"SELECT count(*) FROM bare WHERE terms @@ {asked}"  # noqa: S608
    values = {"words": words}
    return lambda: (session.execute(text(best), values).all(), session.execute(text(count), values).scalar())


def _page(summaries: int, rows: Sequence[tuple[str, str, Times]]) -> str:
    kinds = [what for _, what, _ in rows]
    lines = [row(what, kind, times) for kind, what, times in sorted(rows, key=lambda row: kinds.index(row[1]))]
    return f"""{_SECTION}
Pages of an archive of {summaries:,} summaries from 300 publications about 10 topics, over {DAYS:,} days. Made anew by:

```
python -m tests.bench.archive --write
```

Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores at a load of {os.getloadavg()[0]:.1f}; \
Python {platform.python_version()}. Times are at the server: the whole
page, with its counts for every filter. The rows beside it find twenty and count, no more. *Processor* is our own
process's share at the 95th percentile, without PostgreSQL's server: what else the machine does shows less in it.

| what is asked | database | median | 95th percentile | processor |
|---|---|---|---|---|
{chr(10).join(lines)}

What is aimed at, on a machine of this size: 50 ms at the 95th percentile, in every row but those beside it.
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.archive", description=__doc__)
    parser.add_argument("--summaries", type=int, default=100_000, help="%(default)s")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
