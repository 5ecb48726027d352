"""Sources: what is watched of a publication, and how it is doing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from digest.domain.sources.states import SourceState
from digest.storage.base.model import NEVER_REUSED, Base

source_topics = Table(
    "source_topics",
    Base.metadata,
    Column("source_id", ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class WatchedSource(Base):
    """A feed, a page without a feed, or a newsletter by mail. All moments are UTC."""

    __tablename__ = "sources"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), index=True)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    """As an editor gave it; it never changes, so that the same list imported twice changes nothing."""
    fetch_url: Mapped[str] = mapped_column(String(2000))
    """Where it is asked: `url`, or where a believed permanent redirect leads."""
    title: Mapped[str] = mapped_column(String(300), default="")
    home: Mapped[str] = mapped_column(String(2000), default="")
    language: Mapped[str] = mapped_column(String(35), default="")
    subscription_needed: Mapped[bool] = mapped_column(default=False)
    recipe: Mapped[str] = mapped_column(Text, default="")
    """How a page's items are found, as JSON; empty for the other kinds."""
    mail_key: Mapped[str | None] = mapped_column(String(32), unique=True)
    """The part of a newsletter's own address that only its publication knows."""
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(254), default="")

    state: Mapped[str] = mapped_column(String(10), default=SourceState.NEW)
    words: Mapped[str] = mapped_column(String(500), default="")
    """Its state in words for an editor, with what to do."""
    paused_by: Mapped[str] = mapped_column(String(254), default="")
    etag: Mapped[str] = mapped_column(Text, default="")
    """Byte for byte as it came, latin-1."""
    last_modified: Mapped[str] = mapped_column(Text, default="")
    checked_at: Mapped[datetime | None]
    """The last request, whatever came of it."""
    ok_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When it is due again; none for what is not polled: newsletters, and what is gone or paused."""
    asks: Mapped[int] = mapped_column(default=0)
    """Requests so far: only the first may be unconditional."""
    failures: Mapped[int] = mapped_column(default=0)
    """In a row."""
    failing_since: Mapped[datetime | None]
    moved_to: Mapped[str] = mapped_column(String(2000), default="")
    """Where permanent redirects lead since `moved_since`, in `moved_checks` checks; ten in seven days are believed."""
    moved_since: Mapped[datetime | None]
    moved_checks: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    """How many it held when it was last read."""
    newest_at: Mapped[datetime | None]
    """When it last brought something new."""
    usual_gap: Mapped[int] = mapped_column(default=0)
    """Seconds that usually lie between two new entries; 0: not known yet."""
    lease_owner: Mapped[str] = mapped_column(String(200), default="")
    lease_until: Mapped[datetime | None]
