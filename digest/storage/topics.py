"""Topics: what a summary is about, and what a reader may choose."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, ForeignKey, String, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.slugs import slugify
from digest.storage.base import NEVER_REUSED, Base
from digest.storage.database import one_at_a_time

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


def all_topics(session: Session) -> list[Topic]:
    """Every topic by name."""
    return list(session.execute(select(Topic).order_by(Topic.name)).scalars())


def topics_named(session: Session, names: Iterable[str]) -> list[Topic]:
    """The topics of those names, each made if it is new; in the order given, each once."""
    found: dict[str, Topic] = {}
    for name in names:
        slug = slugify(name)
        if slug and slug not in found:
            found[slug] = _topic(session, name.strip(), slug)
    return list(found.values())


def _topic(session: Session, name: str, slug: str) -> Topic:
    asked = select(Topic).where(Topic.slug == slug)
    if found := session.execute(asked).scalar_one_or_none():
        return found
    one_at_a_time(session, "names")
    if found := session.execute(asked).scalar_one_or_none():
        return found  # someone else has just made it
    topic = Topic(name=name, slug=slug)
    session.add(topic)
    session.flush()
    return topic
