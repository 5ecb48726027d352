"""Topics: what a summary is about, and what a reader may choose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.shared.slugs import LONGEST_SPELLING, slugify, spelling
from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import NEVER_REUSED, Base
from digest.storage.writing.free_slugs import free_slug, slugs_like
from digest.storage.writing.other_names import TopicAlias, TopicSlug, spelt

summary_topics = Table(
    "summary_topics",
    Base.metadata,
    Column("summary_id", ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Topic(Base):
    """A topic; readers' choices and feeds name it by its slug."""

    __tablename__ = "topics"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    spelling: Mapped[str] = mapped_column(String(LONGEST_SPELLING), default=spelt, index=True)
    feed_slug: Mapped[str | None] = mapped_column(String(100))
    """The slug that the id of its feed is made of, for good; none while it still is the slug of today."""
    renamed_at: Mapped[datetime | None]
    """When it was last renamed, or got another merged into it."""


def all_topics(session: Session) -> list[Topic]:
    """Every topic by name."""
    return list(session.execute(select(Topic).order_by(Topic.name)).scalars())


def are_known_topics(session: Session, names: Iterable[str]) -> bool:
    """Whether there is each of these topics already, in whatever spelling."""
    return all(_known(session, name.strip()) for name in names)


def topics_named(session: Session, names: Iterable[str]) -> list[Topic]:
    """The topics that are called so in their order, each once and made if it is new; spellings of one name are one."""
    topics = [_topic(session, name.strip(), slugify(name)) for name in names if slugify(name)]
    return list(dict.fromkeys(topics))


def _topic(session: Session, name: str, slug: str) -> Topic:
    if found := _known(session, name):
        return found
    one_at_a_time(session, "names")
    if found := _known(session, name):
        return found  # someone else has just made it
    taken = slugs_like(session, Topic.slug, slug) | slugs_like(session, TopicSlug.slug, slug)
    topic = Topic(name=name, slug=free_slug(taken, slug))
    session.add(topic)
    session.flush()
    return topic


def _known(session: Session, name: str) -> Topic | None:
    """By its own name, else by how it is spelt, else by another of its names."""
    key = spelling(name)
    alias = select(TopicAlias.owner_id).where(TopicAlias.spelling == key).scalar_subquery()
    asked = select(Topic).where(or_(Topic.name == name, Topic.spelling == key, Topic.id == alias)).order_by(Topic.id)
    found = list(session.execute(asked).scalars())
    best = [topic for topic in found if topic.name == name] + [topic for topic in found if topic.spelling == key]
    return next(iter(best + found), None)
