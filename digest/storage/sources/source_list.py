"""All sources as a list: how each is doing, what it brought, and which topics it is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.orm import Session

from digest.domain.sources.hosts import host_of
from digest.domain.sources.states import LeadState
from digest.storage.sources.hosts import FeedHost
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource, source_topics
from digest.storage.writing.publications import Publication
from digest.storage.writing.topics import Topic


@dataclass(frozen=True)
class SourceLine:
    """A source in the list."""

    id: int
    kind: str
    url: str
    publication: str
    title: str
    home: str
    state: str
    words: str
    checked_at: datetime | None
    ok_at: datetime | None
    next_at: datetime | None
    """When it is due, or from when its host may be asked again, if that is later."""
    entries: int
    leads_used: int
    topics: tuple[str, ...]


def source_lines(session: Session, since: datetime) -> list[SourceLine]:
    """Every source by publication and address; leads count as used if they were used since then."""
    asked = select(WatchedSource, Publication.name).join(Publication, Publication.id == WatchedSource.publication_id)
    rows = session.execute(asked.order_by(func.lower(Publication.name), WatchedSource.url)).all()
    used, topics, held = _used(session, since), _topics(session), _held(session)
    return [_line(source, name, used, topics, held) for source, name in rows]


def source_at(session: Session, addresses: Collection[str]) -> WatchedSource | None:
    """The source that is asked at one of these addresses, or was given with it."""
    asked = select(WatchedSource).where(or_(WatchedSource.url.in_(addresses), WatchedSource.fetch_url.in_(addresses)))
    return session.execute(asked.order_by(WatchedSource.id).limit(1)).scalar_one_or_none()


def known_addresses(session: Session) -> set[str]:
    """Every address of a source."""
    rows = session.execute(select(WatchedSource.url, WatchedSource.fetch_url)).all()
    return {address for row in rows for address in row}


def give_topics(session: Session, source_id: int, topics: Collection[Topic]) -> None:
    """Say what a new source is about."""
    if topics:
        session.execute(insert(source_topics), [{"source_id": source_id, "topic_id": topic.id} for topic in topics])


def replace_topics(session: Session, source_id: int, topics: Collection[Topic]) -> None:
    """Say anew what a source is about."""
    session.execute(delete(source_topics).where(source_topics.c.source_id == source_id))
    give_topics(session, source_id, topics)


def _used(session: Session, since: datetime) -> dict[int, int]:
    asked = select(Lead.source_id, func.count()).where(
        Lead.source_id.is_not(None),
        Lead.state == LeadState.USED,
        func.coalesce(Lead.touched_at, Lead.arrived_at) >= since,
    )
    return {source_id: count for source_id, count in session.execute(asked.group_by(Lead.source_id)) if source_id}


def _topics(session: Session) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    asked = select(source_topics.c.source_id, Topic.name).join(Topic, Topic.id == source_topics.c.topic_id)
    for source_id, name in session.execute(asked.order_by(Topic.name)):
        found.setdefault(source_id, []).append(name)
    return found


def _held(session: Session) -> dict[str, datetime]:
    asked = select(FeedHost.host, FeedHost.not_before).where(FeedHost.not_before.is_not(None))
    return {host: until for host, until in session.execute(asked) if until}


def _line(
    source: WatchedSource, name: str, used: dict[int, int], topics: dict[int, list[str]], held: dict[str, datetime]
) -> SourceLine:
    until = held.get(host_of(source.fetch_url))
    return SourceLine(
        source.id, source.kind, source.url, name, source.title, source.home, source.state, source.words,
        source.checked_at, source.ok_at,
        max(source.next_at, until) if source.next_at and until else source.next_at,
        source.entries, used.get(source.id, 0), tuple(topics.get(source.id, ())),
    )  # fmt: skip
