"""The archive's search index: the stems of every summary, drafts among them, with how much each weighs in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ForeignKey, Select, String, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.bulk import insert_rows
from digest.storage.base.model import Base, table_of
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import SourceLink, Summary, Withdrawal

LONGEST_STEM = 40
_AT_ONCE = 500
_STALE = or_(Summary.indexed_version.is_(None), Summary.indexed_version != Summary.version)


class SummaryTerm(Base):
    """A stem that a summary has."""

    __tablename__ = "summary_terms"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it off the class

    stem: Mapped[str] = mapped_column(String(LONGEST_STEM), primary_key=True)
    summary_id: Mapped[int] = mapped_column(
        ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    weight: Mapped[float]


@dataclass(frozen=True)
class IndexedText:
    """What of a summary is searched. `links` are the ids and addresses of its source links."""

    id: int
    version: int
    title: str
    body_html: str
    names: str
    links: tuple[tuple[int, str], ...] = ()


def stale_summaries(session: Session, most: int) -> list[IndexedText]:
    """Summaries that have changed since they were indexed, or never were."""
    return _texts(session, select(Summary.id).where(_STALE).order_by(Summary.id).limit(most))


def texts_of(session: Session, ids: Collection[int]) -> list[IndexedText]:
    """The searched texts of these summaries."""
    return _texts(session, select(Summary.id).where(Summary.id.in_(ids)))


def store_terms(session: Session, summaries: Mapping[int, Mapping[str, float]], versions: Mapping[int, int]) -> None:
    """Replace the stems of these summaries, indexed in these versions."""
    session.execute(delete(SummaryTerm).where(SummaryTerm.summary_id.in_(list(summaries))))
    rows = ((stem, key, weight) for key, stems in summaries.items() for stem, weight in stems.items())
    insert_rows(session, table_of(SummaryTerm), ("stem", "summary_id", "weight"), rows)
    table = table_of(Summary)
    statement = update(table).where(table.c.id == bindparam("which")).values(indexed_version=bindparam("new"))
    values = [{"which": key, "new": version} for key, version in versions.items()]
    session.connection().execute(statement, values)


def store_canonical(session: Session, hashes: Mapping[int, str]) -> None:
    """Keep the canonical addresses of source links, by their ids."""
    table = table_of(SourceLink)
    statement = update(table).where(table.c.id == bindparam("which")).values(canonical=bindparam("new"))
    if hashes:
        session.connection().execute(statement, [{"which": key, "new": value} for key, value in hashes.items()])


def indexed_count(session: Session) -> int:
    """How many summaries there are."""
    return session.execute(select(func.count()).select_from(Summary)).scalar_one()


def frequencies_of(session: Session, stems: Collection[str]) -> dict[str, int]:
    """How many summaries have each of these stems; none is left out."""
    asked = select(SummaryTerm.stem, func.count()).where(SummaryTerm.stem.in_(stems)).group_by(SummaryTerm.stem)
    return dict(session.execute(asked).all())


def summaries_with(session: Session, stems: Collection[str]) -> list[tuple[str, int, float]]:
    """Stem, summary and weight, of all summaries that have any of these stems and were not withdrawn."""
    asked = select(SummaryTerm.stem, SummaryTerm.summary_id, SummaryTerm.weight).where(
        SummaryTerm.stem.in_(stems), SummaryTerm.summary_id.not_in(select(Withdrawal.summary_id))
    )
    return [(stem, key, weight) for stem, key, weight in session.execute(asked)]


def stems_beginning(session: Session, beginning: str, most: int) -> list[str]:
    """The stems that begin so, those of the most summaries first."""
    asked = (
        select(SummaryTerm.stem)
        .where(and_(SummaryTerm.stem >= beginning, SummaryTerm.stem < f"{beginning}\U0010ffff"))
        .group_by(SummaryTerm.stem)
        .order_by(func.count().desc(), SummaryTerm.stem)
        .limit(most)
    )
    return [stem for stem in session.execute(asked).scalars() if stem.startswith(beginning)]


def linking_summaries(session: Session, hashes: Collection[str]) -> dict[str, int]:
    """The latest summary that links each of these canonical addresses and was not withdrawn."""
    asked = (
        select(SourceLink.canonical, func.max(SourceLink.summary_id))
        .where(SourceLink.canonical.in_(hashes), SourceLink.summary_id.not_in(select(Withdrawal.summary_id)))
        .group_by(SourceLink.canonical)
    )
    return {str(canonical): key for canonical, key in session.execute(asked)}


def _texts(session: Session, which: Select[int]) -> list[IndexedText]:
    ids = list(session.execute(which).scalars())
    links, titles = defaultdict[int, list[tuple[int, str]]](list), defaultdict[int, list[str]](list)
    for key, link, url, title in session.execute(
        select(SourceLink.summary_id, SourceLink.id, SourceLink.url, SourceLink.title)
        .where(SourceLink.summary_id.in_(ids))
        .order_by(SourceLink.summary_id, SourceLink.position)
    ):
        links[key].append((link, url))
        titles[key].append(title)
    rows = session.execute(
        select(Summary.id, Summary.version, Summary.title, Summary.body_html, Publication.name)
        .join(Publication, Publication.id == Summary.publication_id)
        .where(Summary.id.in_(ids))
    )
    return [
        IndexedText(key, version, title, body, "\n".join([name, *titles[key]]), tuple(links[key]))
        for key, version, title, body, name in rows
    ]


def published_among(session: Session, ids: Collection[int]) -> set[int]:
    """Those of these summaries that readers may see."""
    wanted, found = sorted(ids), set[int]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        asked = select(Summary.id).where(Summary.id.in_(some), Summary.published_at.is_not(None))
        found |= set(session.execute(asked).scalars())
    return found
