"""Summaries: the pieces editors write. Published ones are the archive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, func, literal_column, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from digest.domain.writing.bodies import BodyFormat
from digest.storage.base.model import NEVER_REUSED, Base
from digest.storage.writing.publications import Publication
from digest.storage.writing.topics import Topic, summary_topics

_IS_STALE = text("coalesce(indexed_version, 0) != version")


class Summary(Base):
    """One summary. Without `published_at` it is a draft; `body_html` is always sanitised and ready to show."""

    __tablename__ = "summaries"
    __table_args__ = (
        Index("ix_summaries_in_order", "published_on", "id"),
        Index("ix_summaries_stale", "id", sqlite_where=_IS_STALE, postgresql_where=_IS_STALE),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    slug: Mapped[str] = mapped_column(String(100))
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), index=True)
    published_on: Mapped[date]
    body: Mapped[str] = mapped_column(Text)
    body_format: Mapped[str] = mapped_column(String(10), default=BodyFormat.MARKDOWN)
    body_html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    wanted: Mapped[bool] = mapped_column(default=False)
    """Published while no issue was open, for the next one: that one starts with it."""
    form_key: Mapped[str | None] = mapped_column(String(32), index=True, unique=True)
    """Of the form that made it: sent again, that form makes no second one."""
    saved_from: Mapped[str] = mapped_column(String(32), default="", server_default="")
    """The key of the form that saved it last: to that form its own words are never somebody else's."""
    saved_by: Mapped[str] = mapped_column(String(254), default="", server_default="")
    """The editor's address."""
    indexed_version: Mapped[int | None]
    """The version that the search index has; any other, or none, and it is to be indexed."""
    indexed_seat: Mapped[int | None] = mapped_column(index=True, unique=True)
    """Its place in the search index, for good."""

    publication: Mapped[Publication] = relationship(lazy="joined")
    sources: Mapped[list[SourceLink]] = relationship(
        lazy="selectin", order_by="SourceLink.position", cascade="all, delete-orphan", passive_deletes=True
    )
    topics: Mapped[list[Topic]] = relationship(
        secondary=summary_topics, lazy="selectin", order_by=Topic.name, passive_deletes=True
    )


STALE = func.coalesce(Summary.indexed_version, literal_column("0")) != Summary.version
"""Changed since it was indexed, or never indexed: as the partial index on it has it, to the letter."""


class Withdrawal(Base):
    """A summary was taken away for good: its address answers 410 with the reason, its text is shown nowhere."""

    __tablename__ = "withdrawals"

    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(Text)


class SourceLink(Base):
    """An original article that a summary stands on; its publication is named as its readers know it."""

    __tablename__ = "source_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(500), default="")
    publication: Mapped[str] = mapped_column(String(200), default="")
    canonical: Mapped[str | None] = mapped_column(String(64), index=True)
    """A hash of the canonical address; none until the summary is indexed."""
    language: Mapped[str] = mapped_column(String(35), default="", server_default="")
    """As an editor gave it; empty: as its publication's source has it."""
    subscription_needed: Mapped[bool | None]
    """As an editor gave it; none: as its publication's source has it."""
    archived_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Where a copy of the original is kept, as an editor gave it."""
    described_at: Mapped[datetime | None]
    """When an editor last said something of the three above."""
    health: Mapped[str] = mapped_column(String(10), default="", server_default="", index=True)
    """What was last found at the address: `ok`, `moved`, `dead` or `unclear`; empty: nobody looked yet."""
    health_words: Mapped[str] = mapped_column(String(500), default="", server_default="")
    checked_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None] = mapped_column(index=True)
    """From when it is to be looked at again; none: nobody has given it its day of the month yet."""


ABOUT_THE_ADDRESS = (
    "language", "subscription_needed", "archived_url", "described_at", "health", "health_words", "checked_at",
    "check_at",
)  # fmt: skip
"""What a source link knows of its address, beside what the summary says of it."""


def summary_by_id(session: Session, summary_id: int) -> Summary | None:
    """The summary, draft or published."""
    return session.get(Summary, summary_id)


def summaries_by_ids(session: Session, summary_ids: Sequence[int]) -> list[Summary]:
    """Those of these summaries that there are, in the order asked for."""
    found = {row.id: row for row in session.execute(select(Summary).where(Summary.id.in_(summary_ids))).scalars()}
    return [found[key] for key in summary_ids if key in found]


def published_by_ids(session: Session, summary_ids: Sequence[int]) -> list[Summary]:
    """Those of these summaries that readers may see, in the order asked for."""
    return [summary for summary in summaries_by_ids(session, summary_ids) if summary.published_at]


def titles_of(session: Session, summary_ids: Sequence[int]) -> dict[int, str]:
    """The titles of these summaries, whether or not readers may see them."""
    return dict(session.execute(select(Summary.id, Summary.title).where(Summary.id.in_(summary_ids))).all())


def published_titles(session: Session, summary_ids: Sequence[int]) -> dict[int, str]:
    """The titles of those of these summaries that readers may see."""
    asked = select(Summary.id, Summary.title).where(Summary.published_at.is_not(None), Summary.id.in_(summary_ids))
    return dict(session.execute(asked).all())


def published_summary(session: Session, summary_id: int) -> Summary | None:
    """The summary if readers may see it."""
    summary = session.get(Summary, summary_id)
    return summary if summary and summary.published_at else None


def withdrawal_of(session: Session, summary_id: int) -> Withdrawal | None:
    """Why and when it was taken away, if it was."""
    return session.get(Withdrawal, summary_id)


def withdrawals_of(session: Session, summary_ids: Sequence[int]) -> dict[int, Withdrawal]:
    """Those of these summaries that were taken away."""
    rows = session.execute(select(Withdrawal).where(Withdrawal.summary_id.in_(summary_ids)))
    return {each.summary_id: each for each in rows.scalars()}


def wanted_summaries(session: Session) -> list[Summary]:
    """Summaries published for the next issue while none was open, in the order of their publishing."""
    rows = session.execute(
        select(Summary)
        .where(Summary.wanted, Summary.published_at.is_not(None))
        .order_by(Summary.published_at, Summary.id)
    )
    return list(rows.scalars())


def summary_of_form(session: Session, form_key: str) -> Summary | None:
    """The summary that the form with this key has made."""
    return session.execute(select(Summary).where(Summary.form_key == form_key)).scalar_one_or_none()


def drafts(session: Session) -> list[Summary]:
    """Summaries that nobody has published or withdrawn, the last touched first."""
    rows = session.execute(
        select(Summary)
        .where(Summary.published_at.is_(None), Summary.id.not_in(select(Withdrawal.summary_id)))
        .order_by(Summary.updated_at.desc())
    )
    return list(rows.scalars())


def published_summaries_in_order() -> Select[Summary]:
    """Every published summary by id, to be streamed."""
    return (
        select(Summary)
        .where(Summary.published_at.is_not(None))
        .order_by(Summary.id)
        .options(selectinload(Summary.sources), selectinload(Summary.topics))
    )
