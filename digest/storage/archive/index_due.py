"""What the search index has to take in: summaries that changed since, each with the words that are searched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, bindparam, select, update
from sqlalchemy.orm import Session

from digest.domain.archive.postings import SEATS
from digest.domain.archive.shelf import DRAFT, GONE, Placed
from digest.storage.archive.search_index import UNPAIRED, SearchedWords
from digest.storage.base.model import table_of
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import STALE, SourceLink, Summary, Withdrawal
from digest.storage.writing.topics import summary_topics


@dataclass(frozen=True)
class IndexedText:
    """What of a summary is searched, and where it stands. `links` are the ids and addresses of its source links."""

    id: int
    version: int
    seat: int | None
    title: str
    body_html: str
    names: tuple[str, ...]
    links: tuple[tuple[int, str], ...]
    placed: Placed


def stale_summaries(session: Session, most: int) -> list[IndexedText]:
    """Summaries that have changed since they were indexed, or never were."""
    return _texts(session, select(Summary.id).where(STALE).order_by(Summary.id).limit(most))


def hidden_seats(session: Session) -> list[int]:
    """The seats of summaries that readers saw, or might have, and must not since, where the index does not know yet."""
    asked = select(Summary.indexed_seat).where(STALE, Summary.published_at.is_(None), Summary.indexed_seat.is_not(None))
    return [seat for seat in session.execute(asked).scalars() if seat is not None]


def mark_stale(session: Session, publication_id: int | None = None, topic_id: int | None = None) -> None:
    """Have the summaries of a publication, or about a topic, indexed anew: what they are found by has changed.

    The caller has the lock of the search index: whoever indexes now would say that it has indexed what was before.
    """
    asked = update(Summary).values(indexed_version=None)
    if publication_id is not None:
        asked = asked.where(Summary.publication_id == publication_id)
    if topic_id is not None:
        about = select(summary_topics.c.summary_id).where(summary_topics.c.topic_id == topic_id)
        asked = asked.where(Summary.id.in_(about))
    session.execute(asked.execution_options(synchronize_session=False))


def mark_indexed(session: Session, indexed: Iterable[tuple[int, int, int]]) -> None:
    """Note of each summary which version is indexed, and in which seat: (id, version, seat)."""
    table = table_of(Summary)
    statement = (
        update(table)
        .where(table.c.id == bindparam("which"))
        .values(indexed_version=bindparam("new"), indexed_seat=bindparam("seat"))
    )
    values = [{"which": key, "new": version, "seat": seat} for key, version, seat in indexed]
    session.connection().execute(statement, values)


def unpaired_block(session: Session) -> int | None:
    """A block of seats in which the pairs of some summary are not stored; None if there is none."""
    asked = select(Summary.indexed_seat).join(SearchedWords, SearchedWords.summary_id == Summary.id)
    seat = session.execute(asked.where(UNPAIRED).limit(1)).scalar()
    return None if seat is None else seat // SEATS


def words_in_block(session: Session, block: int) -> dict[int, str]:
    """The searched words of all that has a seat in the block, by seat."""
    asked = select(Summary.indexed_seat, SearchedWords.words).join(
        SearchedWords, SearchedWords.summary_id == Summary.id
    )
    rows = session.execute(asked.where(_in_block(block)))
    return {seat: words for seat, words in rows if seat is not None}


def mark_paired(session: Session, block: int) -> None:
    """Note that the pairs of all that has a seat in the block are stored."""
    here = SearchedWords.summary_id.in_(select(Summary.id).where(_in_block(block)))
    asked = update(SearchedWords).where(here, UNPAIRED).values(paired=True)
    session.execute(asked.execution_options(synchronize_session=False))


def _in_block(block: int) -> ColumnElement[bool]:
    return Summary.indexed_seat.between(block * SEATS, (block + 1) * SEATS - 1)


def _texts(session: Session, which: Select[int]) -> list[IndexedText]:
    ids = list(session.execute(which).scalars())
    if not ids:
        return []
    links, titles = defaultdict[int, list[tuple[int, str]]](list), defaultdict[int, list[str]](list)
    for key, link, url, title, by in session.execute(
        select(SourceLink.summary_id, SourceLink.id, SourceLink.url, SourceLink.title, SourceLink.publication)
        .where(SourceLink.summary_id.in_(ids))
        .order_by(SourceLink.summary_id, SourceLink.position)
    ):
        links[key].append((link, url))
        titles[key] += [title, by]
    topics = defaultdict[int, list[int]](list)
    about = select(summary_topics.c.summary_id, summary_topics.c.topic_id).where(summary_topics.c.summary_id.in_(ids))
    for key, topic in session.execute(about):
        topics[key].append(topic)
    gone = set(session.execute(select(Withdrawal.summary_id).where(Withdrawal.summary_id.in_(ids))).scalars())
    rows = session.execute(
        select(
            Summary.id, Summary.version, Summary.indexed_seat, Summary.title, Summary.body_html, Publication.name,
            Summary.publication_id, Summary.published_on, Summary.published_at.is_not(None),
        )
        .join(Publication, Publication.id == Summary.publication_id)
        .where(Summary.id.in_(ids))
        .order_by(Summary.id)
    )  # fmt: skip
    return [
        IndexedText(
            key, version, seat, title, body, _names(name, titles[key]), tuple(links[key]),
            Placed(key, _day(day, published, key in gone), publication, tuple(sorted(topics[key]))),
        )
        for key, version, seat, title, body, name, publication, day, published in rows
    ]  # fmt: skip


def _day(day: date, published: bool, gone: bool) -> int:
    return GONE if gone else day.toordinal() if published else DRAFT


def _names(publication: str, others: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in (publication, *others) if name))
