"""The published summaries in the archive's order: those that answer a question, page by page, by one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import SourceLink, Summary, Withdrawal
from digest.storage.writing.topics import Topic, summary_topics


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


def latest_withdrawals(session: Session, question: ArchiveQuestion, count: int) -> list[tuple[Withdrawal, Summary]]:
    """The latest withdrawals among summaries of that topic, publication and time: feeds have to tell of them."""
    asked = select(Withdrawal, Summary).join(Summary, Summary.id == Withdrawal.summary_id).where(*_narrowing(question))
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
    asked = select(Summary.id).where(Summary.published_at.is_not(None), *_narrowing(question))
    for word in question.text.split():
        asked = asked.where(
            or_(Summary.title.icontains(word, autoescape=True), Summary.body.icontains(word, autoescape=True))
        )
    return asked


def _narrowing(question: ArchiveQuestion) -> Iterator[ColumnElement[bool]]:
    if question.topic:
        yield Summary.topics.any(Topic.slug == question.topic)
    if question.publication:
        yield Summary.publication.has(Publication.slug == question.publication)
    if question.since:
        yield Summary.published_on >= question.since
    if question.until:
        yield Summary.published_on <= question.until
