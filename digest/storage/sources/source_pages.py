"""What the page of one source shows: its topics, its rules, what it brought lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from digest.domain.sources.states import LeadState
from digest.storage.sources.inbox import MUTED_SEEN
from digest.storage.sources.leads import Lead
from digest.storage.sources.rules import SourceRule
from digest.storage.sources.sources import WatchedSource, source_topics
from digest.storage.writing.publications import Publication
from digest.storage.writing.topics import Topic


@dataclass(frozen=True)
class BroughtLead:
    """A lead as its source brought it."""

    id: int
    title: str
    lede: str
    url: str
    published_at: datetime
    state: str


@dataclass(frozen=True)
class RuleLine:
    """A rule with who made it and how many leads it kept out that can still be seen."""

    id: int
    kind: str
    words: str
    made_at: datetime
    made_by: str
    kept_out: int


def source_with_publication(session: Session, source_id: int) -> tuple[WatchedSource, Publication] | None:
    """The source and whose it is."""
    source = session.get(WatchedSource, source_id)
    return (source, session.get_one(Publication, source.publication_id)) if source else None


@dataclass(frozen=True)
class SourceOfName:
    """A source as the page of its publication, or of its topic, lists it."""

    id: int
    kind: str
    title: str
    url: str
    state: str


def sources_of_publication(session: Session, publication_id: int) -> list[SourceOfName]:
    """What is watched of it, by title."""
    return _listed(session, WatchedSource.publication_id == publication_id)


def sources_on_topic(session: Session, topic_id: int) -> list[SourceOfName]:
    """What is watched because of it, by title."""
    about = select(source_topics.c.source_id).where(source_topics.c.topic_id == topic_id)
    return _listed(session, WatchedSource.id.in_(about))


def _listed(session: Session, which: ColumnElement[bool]) -> list[SourceOfName]:
    asked = select(WatchedSource.id, WatchedSource.kind, WatchedSource.title, WatchedSource.url, WatchedSource.state)
    rows = session.execute(asked.where(which).order_by(func.lower(WatchedSource.title), WatchedSource.url))
    return [SourceOfName(*row) for row in rows]


def topics_of_source(session: Session, source_id: int) -> list[Topic]:
    """What it is about, by name."""
    rows = session.execute(
        select(Topic)
        .join(source_topics, source_topics.c.topic_id == Topic.id)
        .where(source_topics.c.source_id == source_id)
        .order_by(Topic.name)
    )
    return list(rows.scalars())


def leads_brought(session: Session, source_id: int, limit: int) -> list[BroughtLead]:
    """The latest leads that it brought, the newest first."""
    rows = session.execute(
        select(Lead.id, Lead.title, Lead.lede, Lead.url, Lead.published_at, Lead.state)
        .where(Lead.source_id == source_id)
        .order_by(Lead.arrived_at.desc(), Lead.id.desc())
        .limit(limit)
    )
    return [BroughtLead(*row) for row in rows]


def rule_lines(session: Session, source_id: int, now: datetime) -> list[RuleLine]:
    """Its rules, the oldest first."""
    kept_out = (
        select(func.count())
        .select_from(Lead)
        .where(Lead.rule_id == SourceRule.id, Lead.state == LeadState.MUTED, Lead.arrived_at > now - MUTED_SEEN)
        .scalar_subquery()
    )
    rows = session.execute(
        select(SourceRule.id, SourceRule.kind, SourceRule.words, SourceRule.made_at, SourceRule.made_by, kept_out)
        .where(SourceRule.source_id == source_id)
        .order_by(SourceRule.id)
    )
    return [RuleLine(*row) for row in rows]
