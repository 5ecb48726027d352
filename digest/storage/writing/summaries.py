"""Summaries: the pieces editors write. Published ones are the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, func, literal_column, or_, select, text
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
        Index("ix_summaries_stale", "id", sqlite_where=_IS_STALE, postgresql_where=_IS_STALE),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    slug: Mapped[str] = mapped_column(String(100))
    publication_id: Mapped[int] = mapped_column(ForeignKey("publications.id"), index=True)
    published_on: Mapped[date] = mapped_column(index=True)
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


@dataclass(frozen=True)
class ArchiveQuestion:
    """What a reader asks of the archive; empty fields ask nothing."""

    text: str = ""
    topic: str = ""
    publication: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class PublishedAddress:
    """What a published summary's permanent address is made of, and when its page last changed."""

    publication_slug: str
    slug: str
    summary_id: int
    updated_at: datetime


@dataclass(frozen=True)
class ArchivePage:
    """One page of a longer list; `number` counts from 1."""

    summaries: Sequence[Summary]
    number: int
    total: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


def summary_by_id(session: Session, summary_id: int) -> Summary | None:
    """The summary, draft or published."""
    return session.get(Summary, summary_id)


def summaries_by_ids(session: Session, summary_ids: Sequence[int]) -> list[Summary]:
    """Those of these summaries that there are, in the order asked for."""
    found = {row.id: row for row in session.execute(select(Summary).where(Summary.id.in_(summary_ids))).scalars()}
    return [found[key] for key in summary_ids if key in found]


def titles_of(session: Session, summary_ids: Sequence[int]) -> dict[int, str]:
    """The titles of these summaries."""
    return dict(session.execute(select(Summary.id, Summary.title).where(Summary.id.in_(summary_ids))).all())


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


def latest_withdrawals(session: Session, question: ArchiveQuestion, count: int) -> list[tuple[Withdrawal, Summary]]:
    """The latest withdrawals among summaries of that topic and publication, for feeds that have to tell of them."""
    asked = select(Withdrawal, Summary).join(Summary, Summary.id == Withdrawal.summary_id)
    if question.topic:
        asked = asked.where(Summary.topics.any(Topic.slug == question.topic))
    if question.publication:
        asked = asked.where(Summary.publication.has(Publication.slug == question.publication))
    return [(row[0], row[1]) for row in session.execute(asked.order_by(Withdrawal.at.desc()).limit(count))]


def archive_page(session: Session, question: ArchiveQuestion, number: int, size: int) -> ArchivePage:
    """One page of the published summaries that answer the question, newest first."""
    asked = _answering(question)
    return _page(session, asked, number, size)


def summaries_linking(session: Session, address: str, publication: str, number: int, size: int) -> ArchivePage:
    """One page of the published summaries that have a source whose address has this in it, newest first."""
    linked = select(SourceLink.summary_id).where(SourceLink.url.icontains(address, autoescape=True))
    asked = _answering(ArchiveQuestion(publication=publication)).where(Summary.id.in_(linked))
    return _page(session, asked, number, size)


def latest_summaries(session: Session, count: int) -> list[Summary]:
    """The newest published summaries."""
    return _newest(session, _answering(ArchiveQuestion()), count, 0)


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


def published_addresses(session: Session) -> Iterator[PublishedAddress]:
    """The addresses of the published summaries, the newest first, streamed."""
    rows = session.execute(
        select(Publication.slug, Summary.slug, Summary.id, Summary.updated_at)
        .join(Publication, Publication.id == Summary.publication_id)
        .where(Summary.published_at.is_not(None))
        .order_by(Summary.published_on.desc(), Summary.id.desc())
        .execution_options(yield_per=1000)
    )
    return (PublishedAddress(*row) for row in rows)


def topic_sizes(session: Session) -> list[tuple[Topic, int]]:
    """The topics of published summaries with how many each has, the largest first."""
    count = func.count(Summary.id)
    rows = session.execute(
        select(Topic, count)
        .join(summary_topics, summary_topics.c.topic_id == Topic.id)
        .join(Summary, Summary.id == summary_topics.c.summary_id)
        .where(Summary.published_at.is_not(None))
        .group_by(Topic.id, Topic.name, Topic.slug)
        .order_by(count.desc(), Topic.name)
    )
    return [(topic, size) for topic, size in rows]


def publication_sizes(session: Session) -> list[tuple[Publication, int]]:
    """The publications of published summaries with how many each has, by name."""
    count = func.count(Summary.id)
    rows = session.execute(
        select(Publication, count)
        .join(Summary, Summary.publication_id == Publication.id)
        .where(Summary.published_at.is_not(None))
        .group_by(Publication.id, Publication.name, Publication.slug)
        .order_by(Publication.name)
    )
    return [(publication, size) for publication, size in rows]


def _page(session: Session, asked: Select[int], number: int, size: int) -> ArchivePage:
    total = session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    # Words that nothing has are looked for in every text once, not twice.
    beyond = (number - 1) * size >= total
    return ArchivePage([] if beyond else _newest(session, asked, size, (number - 1) * size), number, total, size)


def _newest(session: Session, asked: Select[int], count: int, offset: int) -> list[Summary]:
    # Their keys first: SQLite would sort all of the archive's words with them.
    keys = asked.order_by(Summary.published_on.desc(), Summary.id.desc()).limit(count).offset(offset)
    found = list(session.execute(keys).scalars())
    rows = session.execute(
        select(Summary).where(Summary.id.in_(found)).order_by(Summary.published_on.desc(), Summary.id.desc())
    )
    return list(rows.scalars())


def _answering(question: ArchiveQuestion) -> Select[int]:
    asked = select(Summary.id).where(Summary.published_at.is_not(None))
    for word in question.text.split():
        asked = asked.where(
            or_(Summary.title.icontains(word, autoescape=True), Summary.body.icontains(word, autoescape=True))
        )
    if question.topic:
        asked = asked.where(Summary.topics.any(Topic.slug == question.topic))
    if question.publication:
        asked = asked.where(Summary.publication.has(Publication.slug == question.publication))
    if question.since:
        asked = asked.where(Summary.published_on >= question.since)
    if question.until:
        asked = asked.where(Summary.published_on <= question.until)
    return asked
