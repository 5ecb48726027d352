"""Summaries by the thousand: read and stored as rows, past the mapper, which takes ten times as long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from digest.domain.shared.slugs import spelling
from digest.domain.writing.archived import SourceRow, StoredSummary
from digest.storage.base.bulk import insert_rows
from digest.storage.base.model import table_of
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import SourceLink, Summary
from digest.storage.writing.topics import Topic, summary_topics

_STREAMED = 1_000
_OWN = ("id", "title", "slug", "publication_id", "published_on", "body", "body_format", "body_html")
_SUMMARY = (*_OWN, "created_at", "updated_at", "published_at", "version", "wanted")
_SOURCE = ("summary_id", "position", "url", "title", "publication")
_TOPIC = ("summary_id", "topic_id")


@dataclass(frozen=True)
class NewSummary:
    """A summary to be stored and published, with the id that it gets."""

    id: int
    title: str
    slug: str
    publication_id: int
    published_on: date
    body: str
    body_format: str
    body_html: str
    sources: tuple[SourceRow, ...]
    topic_ids: tuple[int, ...]


def summaries_with_ids(session: Session, ids: Sequence[int]) -> dict[int, StoredSummary]:
    """Those of these summaries that are there, drafts among them."""
    if not ids:
        return {}
    rows = session.execute(
        select(
            Summary.id, Summary.title, Summary.published_on, Publication.name, Summary.body, Summary.body_format,
            Summary.slug, Summary.published_at,
        )
        .join(Publication, Publication.id == Summary.publication_id)
        .where(Summary.id.in_(ids))
    ).all()  # fmt: skip
    there = [row.id for row in rows]
    if not there:
        return {}
    sources, topics = _sources_of(session, there), _topics_of(session, there)
    return {
        row.id: StoredSummary(*row[:7], row.published_at is not None, tuple(sources[row.id]), frozenset(topics[row.id]))
        for row in rows
    }


def published_words(session: Session) -> Iterator[tuple[int, str, date, str]]:
    """Id, title, date and publication of every published summary by id, streamed."""
    rows = session.execute(
        select(Summary.id, Summary.title, Summary.published_on, Publication.name)
        .join(Publication, Publication.id == Summary.publication_id)
        .where(Summary.published_at.is_not(None))
        .order_by(Summary.id)
        .execution_options(yield_per=_STREAMED)
    )
    return ((row[0], row[1], row[2], row[3]) for row in rows)


def reserve_ids(session: Session, largest: int) -> None:
    """Let every summary that gets its id from the database from now on have a larger one than this."""
    if session.get_bind().dialect.name == "postgresql":
        counter = func.pg_get_serial_sequence("summaries", "id")
        taken = session.execute(
            text("SELECT pg_sequence_last_value(pg_get_serial_sequence('summaries', 'id')::regclass)")
        )
        if (taken.scalar_one() or 0) < largest:
            session.execute(select(func.setval(counter, largest)))
        return
    # https://www.sqlite.org/autoinc.html: the counter is an ordinary table; a row is there after the first insert.
    values = {"largest": largest}
    session.execute(text("UPDATE sqlite_sequence SET seq = max(seq, :largest) WHERE name = 'summaries'"), values)
    session.execute(
        text(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'summaries', :largest "
            "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'summaries')"
        ),
        values,
    )


def free_ids(session: Session, count: int) -> list[int]:
    """So many new ids, rising; on SQLite they are the caller's once it has stored rows with them."""
    if session.get_bind().dialect.name == "postgresql":
        counter = func.nextval(func.pg_get_serial_sequence("summaries", "id"))
        return sorted(session.execute(select(counter).select_from(func.generate_series(1, count))).scalars())
    last = session.execute(text("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'summaries'"))
    first = int(last.scalar_one()) + 1
    return list(range(first, first + count))


def add_published(session: Session, now: datetime, summaries: Sequence[NewSummary]) -> None:
    """Store and publish these; their ids are free, or reserved for them."""
    own = attrgetter(*_OWN)
    rows = ((*own(each), now, now, now, 1, False) for each in summaries)
    insert_rows(session, table_of(Summary), _SUMMARY, rows)
    sources = (
        (each.id, position, link.url, link.title, link.publication)
        for each in summaries
        for position, link in enumerate(each.sources)
    )
    insert_rows(session, table_of(SourceLink), _SOURCE, sources)
    topics = ((each.id, topic_id) for each in summaries for topic_id in each.topic_ids)
    insert_rows(session, summary_topics, _TOPIC, topics)


def _sources_of(session: Session, ids: Sequence[int]) -> dict[int, list[SourceRow]]:
    found: dict[int, list[SourceRow]] = defaultdict(list)
    rows = session.execute(
        select(SourceLink.summary_id, SourceLink.url, SourceLink.title, SourceLink.publication)
        .where(SourceLink.summary_id.in_(ids))
        .order_by(SourceLink.summary_id, SourceLink.position)
    )
    for summary_id, *words in rows:
        found[summary_id].append(SourceRow(*words))
    return found


def _topics_of(session: Session, ids: Sequence[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    rows = session.execute(
        select(summary_topics.c.summary_id, Topic.name)
        .join(Topic, Topic.id == summary_topics.c.topic_id)
        .where(summary_topics.c.summary_id.in_(ids))
    )
    for summary_id, name in rows:
        found[summary_id].add(spelling(name))
    return found
