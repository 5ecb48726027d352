"""`python -m tests.bench.desk`: the desk's pages with 100,000 leads and 20,000 summaries, on SQLite and PostgreSQL.

Each page is asked of the whole site in one process by somebody who is signed in, without a network: that is the time
at the server. `--leads 5000 --summaries 1000` is quick to try.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import quote_plus

from sqlalchemy import insert, select

from digest import config
from digest.app import create_app
from digest.domain.sources.states import LeadState, SourceState
from digest.operations.archive.indexing import index_summaries
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.base.model import table_of
from digest.storage.running import schema
from digest.storage.sources.leads import Lead, LeadResemblance
from digest.storage.sources.sources import WatchedSource, source_topics
from digest.storage.sources.stories import NearStory, Story
from digest.storage.writing.publications import publication_ids
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import topics_named
from tests.bench.pages import (
    DATABASES,
    PUBLICATIONS,
    TIMES,
    TOPICS,
    Times,
    database_at,
    fill_archive,
    row,
    settle,
    some,
    timed,
)
from tests.bench.report import keep_section
from tests.bench.stage import environment
from tests.factories import make_issue
from tests.web.browser import Browser, make_editor_with_password

_SECTION = "\n## The desk\n"
_A_WEEK = 3_000
"""Leads that come in a week."""
_AT_ONCE = 5_000
_DRAFTS = 60


def main() -> None:
    """Measure and print; with --write, keep the section in docs/benchmarks.md."""
    asked = _arguments()
    logging.disable()
    rows = [each for kind in asked.databases for each in _measured(kind, asked.leads, asked.summaries)]
    written = _page(asked, rows)
    sys.stdout.write(written)
    if asked.write:
        keep_section(_SECTION, written)


def _measured(kind: str, leads: int, summaries: int) -> Iterator[tuple[str, str, Times]]:
    with tempfile.TemporaryDirectory() as folder, database_at(kind, Path(folder)) as url:
        db = Database(url)
        schema.upgrade(db, MIGRATIONS)
        fill_archive(db, summaries)
        _make_drafts(db)
        index_summaries(db)
        _bring_leads(db, leads, summaries)
        make_editor_with_password(db, "alice@digest.test", "Alice", is_admin=True)
        make_issue(db, datetime.now(UTC) + timedelta(days=3))
        settle(db)
        environ = environment(Path(folder), url, "https://api.sendgrid.com") | {"SITE_URL": "http://localhost"}
        browser = Browser(create_app(config.load(environ, Path(folder))).test_client())
        browser.sign_in("alice@digest.test")
        for what, paths in _paths(db, summaries).items():
            for path in set(paths):
                assert browser.open(path).status_code == 200, path
            yield kind, what, timed([lambda path=path: browser.open(path) for path in paths])  # type: ignore[misc]
        db.close()


_random = Random(5)  # noqa: S311 - the same questions in every run


def _paths(db: Database, summaries: int) -> Mapping[str, Sequence[str]]:
    words = [quote_plus(some(_random, count)) for count in (1, 2, 3) * (TIMES // 3)]
    with db.reading() as session:
        newest = session.execute(select(Lead.id).order_by(Lead.published_at.desc()).limit(TIMES)).scalars().all()
        publications = [f"the-{_random.randint(1, 300)}th-gazette" for _ in range(TIMES)]
    return {
        "the inbox": ["/desk/leads"] * TIMES,
        "any page of it": [f"/desk/leads?page={_random.randint(1, 100)}" for _ in range(TIMES)],
        "of a publication": [f"/desk/leads?publication={each}" for each in publications],
        "of a topic": [f"/desk/leads?topic={topic.lower()}" for topic in TOPICS * 6],
        "by words": [f"/desk/leads?q={each}" for each in words],
        "dismissed leads": ["/desk/leads?show=dismissed"] * TIMES,
        "dismissed leads by words": [f"/desk/leads?show=dismissed&q={each}" for each in words],
        "retired leads": ["/desk/leads?show=retired"] * TIMES,
        "a lead beside the inbox": [f"/desk/leads/{each}?pane=1" for each in newest],
        "the sources": ["/desk/sources"] * TIMES,
        "a source": [f"/desk/sources/{_random.randint(1, 300)}" for _ in range(TIMES)],
        "the summaries": ["/desk/summaries"] * TIMES,
        "summaries by words": [f"/desk/summaries?q={each}" for each in words],
        "a summary by its source’s address": [
            f"/desk/summaries?q={quote_plus(f'https://example.org/{_random.randint(1, summaries)}')}"
            for _ in range(TIMES)
        ],
        "summaries of a publication": [f"/desk/summaries?publication={each}" for each in publications],
        "drafts": ["/desk/summaries?only=drafts"] * TIMES,
        "a summary to write on": [f"/desk/summaries/{_random.randint(1, summaries)}" for _ in range(TIMES)],
        "the issue": ["/desk/issue"] * TIMES,
        "what may go on the issue, by words": [f"/desk/issue?q={each}" for each in words],
        "publications": ["/desk/publications"] * TIMES,
        "topics": ["/desk/topics"] * TIMES,
    }


def _make_drafts(db: Database) -> None:
    with db.writing() as session:
        newest = select(Summary).order_by(Summary.id.desc()).limit(_DRAFTS)
        for summary in session.execute(newest).scalars():
            summary.published_at = None


def _bring_leads(db: Database, count: int, summaries: int) -> None:
    """300 sources' leads, so many a week until now, as editors leave them: of two weeks most wait, the rest is done."""
    random, now = Random(11), datetime.now(UTC)  # noqa: S311 - the same leads in every run
    with db.writing() as session:
        publications = list(publication_ids(session, PUBLICATIONS).values())
        topics = [topic.id for topic in topics_named(session, TOPICS)]
        session.execute(insert(table_of(WatchedSource)), [_source(at, publications, now) for at in range(300)])
        session.execute(
            insert(source_topics), [{"source_id": at + 1, "topic_id": random.choice(topics)} for at in range(300)]
        )
        session.execute(insert(table_of(Story)), [{"id": at + 1, "made_at": now} for at in range(count)])
    for start in range(0, count, _AT_ONCE):
        ids = range(start + 1, min(start + _AT_ONCE, count) + 1)
        with db.writing() as session:
            session.execute(
                insert(table_of(Lead)), [_lead(random, at, (count - at) / _A_WEEK, now, publications) for at in ids]
            )
            session.execute(
                insert(table_of(LeadResemblance)),
                [
                    {"lead_id": at, "summary_id": summary_id, "score": random.random()}
                    for at in ids
                    for summary_id in random.sample(range(1, summaries + 1), 3)
                ],
            )
            session.execute(
                insert(table_of(NearStory)),
                [{"story_id": at, "near_id": max(1, at - 7), "score": 0.4} for at in ids if at > 1 and at % 3 == 0],
            )


def _source(at: int, publications: Sequence[int], now: datetime) -> dict[str, object]:
    url = f"https://example.org/{at}/feed.xml"
    return {
        "id": at + 1, "kind": "feed", "publication_id": publications[at], "url": url, "fetch_url": url, "added_at": now,
        "state": SourceState.OK, "checked_at": now, "ok_at": now, "next_at": now, "entries": 20, "newest_at": now,
    }  # fmt: skip


def _lead(random: Random, at: int, weeks: float, now: datetime, publications: Sequence[int]) -> dict[str, object]:
    """Two thirds stand alone; the others share a story with one up to four before them."""
    source = int(random.paretovariate(1)) % 300
    moment = now - timedelta(weeks=weeks)
    return {
        "id": at, "source_id": source + 1, "publication_id": publications[source], "publication": PUBLICATIONS[source],
        "url": f"https://example.org/leads/{at}", "canonical": f"{at:064x}", "title": some(random, 9).capitalize(),
        "lede": some(random, 30), "published_at": moment, "arrived_at": moment, "state": _state(random, weeks),
        "story_id": max(1, at - random.randint(1, 4)) if random.random() < 1 / 3 else at,
    }  # fmt: skip


def _state(random: Random, weeks: float) -> LeadState:
    old = (LeadState.RETIRED, LeadState.DISMISSED, LeadState.USED, LeadState.MUTED)
    fresh = (LeadState.NEW, LeadState.DISMISSED, LeadState.KEPT, LeadState.SNOOZED)
    return random.choices(fresh if weeks < 2 else old, (70, 24, 4, 2))[0]


def _page(asked: argparse.Namespace, rows: Sequence[tuple[str, str, Times]]) -> str:
    kinds = [what for _, what, _ in rows]
    lines = [row(what, kind, times) for kind, what, times in sorted(rows, key=lambda each: kinds.index(each[1]))]
    return f"""{_SECTION}
Pages of the desk with {asked.leads:,} leads of 300 sources, {_A_WEEK:,} a week, and {asked.summaries:,} summaries.
Made anew by:

```
python -m tests.bench.desk --write
```

Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores at a load of {os.getloadavg()[0]:.1f}; \
Python {platform.python_version()}. Times are at the server, of the whole page;
*processor* as above.

| what is asked | database | median | 95th percentile | processor |
|---|---|---|---|---|
{chr(10).join(lines)}

What is aimed at, on a machine of this size: 150 ms at the 95th percentile, in every row.
"""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.desk", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="%(default)s")
    parser.add_argument("--summaries", type=int, default=20_000, help="%(default)s")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
