"""The archive's search index: postings by stem, summaries by seat, and the words that are searched.

All of it is derived from the summaries and made anew by whoever indexes next. Postings and the shelf are kept in blocks
of 4,096 seats, so that a search reads a few rows and not one for each summary that has the word.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    bindparam,
    delete,
    exists,
    false,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.archive.postings import SEATS, changed
from digest.domain.archive.shelf import Block, Placed
from digest.storage.archive.word_pairs import WordPairs
from digest.storage.base.bulk import insert_rows
from digest.storage.base.model import Base, table_of
from digest.storage.writing.summaries import SourceLink, Summary, Withdrawal

LONGEST_STEM = 40
_AT_ONCE = 500
_STEM = String(LONGEST_STEM).with_variant(String(LONGEST_STEM, collation="C"), "postgresql")
"""By code points on both: beginnings are looked for as a range."""
UNPAIRED = text("NOT paired")


class SearchPostings(Base):
    """Which of 4,096 seats have a stem, with its weights: see `domain.archive.postings`."""

    __tablename__ = "search_postings"

    stem: Mapped[str] = mapped_column(_STEM, primary_key=True)
    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weights: Mapped[bytes] = mapped_column(LargeBinary)


class ShelfBlock(Base):
    """The summaries in 4,096 seats, as columns: see `domain.archive.shelf`."""

    __tablename__ = "shelf_blocks"

    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ids: Mapped[bytes] = mapped_column(LargeBinary)
    days: Mapped[bytes] = mapped_column(LargeBinary)
    publications: Mapped[bytes] = mapped_column(LargeBinary)
    topics: Mapped[bytes] = mapped_column(LargeBinary)
    topic_sets: Mapped[str] = mapped_column(Text)


class SearchedWords(Base):
    """The folded words of a summary between spaces, a bar between its title, its text and each name in it.

    `paired`: word_pairs has their pairs. A release that knows of none stores words and leaves it out.
    """

    __tablename__ = "searched_words"
    __table_args__ = (
        Index("ix_searched_words_unpaired", "summary_id", sqlite_where=UNPAIRED, postgresql_where=UNPAIRED),
    )

    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    paired: Mapped[bool] = mapped_column(default=False, server_default=false())


@dataclass(frozen=True)
class StoredWords:
    """The searched words of a summary, and whether their pairs are stored, too."""

    words: str
    paired: bool


_BLOCKS = select(SearchPostings.block, SearchPostings.weights)


def forget_index(session: Session) -> None:
    """Have everything indexed anew."""
    for table in (SearchPostings, ShelfBlock, SearchedWords, WordPairs):
        session.execute(delete(table))
    asked = update(Summary).values(indexed_version=None, indexed_seat=None)
    session.execute(asked.execution_options(synchronize_session=False))


def first_free_seat(session: Session) -> int:
    """From here on no seat was ever taken."""
    last = session.execute(select(func.max(Summary.indexed_seat))).scalar()
    blocks = session.execute(select(func.max(ShelfBlock.block))).scalar()
    taken = -1 if blocks is None else _last_taken(session, blocks)
    return max(-1 if last is None else last, taken) + 1


def store_postings(session: Session, weights: Mapping[str, Mapping[int, int]]) -> None:
    """Change the weights of stems in seats; 0 takes a seat out."""
    by_block = defaultdict[int, dict[str, dict[int, int]]](dict)
    for stem, seats in weights.items():
        for seat, weight in seats.items():
            by_block[seat // SEATS].setdefault(stem, {})[seat % SEATS] = weight
    for block, stems in by_block.items():
        wanted = sorted(stems)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            _store_block(session, block, {stem: stems[stem] for stem in some})


def store_places(session: Session, places: Mapping[int, Placed]) -> None:
    """Put summaries into seats of the shelf."""
    by_block = defaultdict[int, dict[int, Placed]](dict)
    for seat, placed in places.items():
        by_block[seat // SEATS][seat % SEATS] = placed
    there = {block.number: block for block in shelf_blocks(session, by_block)}
    for number, some in by_block.items():
        block = there.get(number, Block(number)).with_places(some)
        session.execute(delete(ShelfBlock).where(ShelfBlock.block == number))
        row = (number, block.ids, block.days, block.publications, block.topics, json.dumps(block.sets))
        keys = ("block", "ids", "days", "publications", "topics", "topic_sets")
        insert_rows(session, table_of(ShelfBlock), keys, [row])


def store_words(session: Session, words: Mapping[int, StoredWords]) -> None:
    """Keep the searched words of summaries."""
    session.execute(delete(SearchedWords).where(SearchedWords.summary_id.in_(list(words))))
    rows = ((key, each.words, each.paired) for key, each in words.items())
    insert_rows(session, table_of(SearchedWords), ("summary_id", "words", "paired"), rows)


def store_canonical(session: Session, hashes: Mapping[int, str]) -> None:
    """Keep the canonical addresses of source links, by their ids."""
    table = table_of(SourceLink)
    statement = update(table).where(table.c.id == bindparam("which")).values(canonical=bindparam("new"))
    if hashes:
        session.connection().execute(statement, [{"which": key, "new": value} for key, value in hashes.items()])


def postings_of(session: Session, stems: Collection[str]) -> dict[str, dict[int, bytes]]:
    """The stored blocks of these stems, by their numbers; a stem that nothing has is left out."""
    found = defaultdict[str, dict[int, bytes]](dict)
    asked = select(SearchPostings.stem, SearchPostings.block, SearchPostings.weights)
    for stem, block, weights in session.execute(asked.where(SearchPostings.stem.in_(stems))):
        found[stem][block] = weights
    return found


def shelf_blocks(session: Session, numbers: Collection[int] | None = None) -> list[Block]:
    """The blocks of the shelf in their order, all or these."""
    asked = select(
        ShelfBlock.block, ShelfBlock.ids, ShelfBlock.days, ShelfBlock.publications, ShelfBlock.topics,
        ShelfBlock.topic_sets,
    ).order_by(ShelfBlock.block)  # fmt: skip
    if numbers is not None:
        asked = asked.where(ShelfBlock.block.in_(numbers))
    return [Block(*row[:5], tuple(map(tuple, json.loads(row[5])))) for row in session.execute(asked)]


def stems_beginning(session: Session, beginning: str, most: int) -> list[str]:
    """The stems that begin so, those in the most blocks first."""
    asked = (
        select(SearchPostings.stem)
        .where(SearchPostings.stem >= beginning, SearchPostings.stem < f"{beginning}\U0010ffff")
        .group_by(SearchPostings.stem)
        .order_by(func.count().desc(), func.length(SearchPostings.stem), SearchPostings.stem)
        .limit(most)
    )
    return [stem for stem in session.execute(asked).scalars() if stem.startswith(beginning)]


def blocks_beginning(session: Session, stems: Collection[str]) -> list[tuple[int, bytes]]:
    """The stored blocks of all these stems, with their numbers."""
    wanted, found = list(stems), list[tuple[int, bytes]]()
    for start in range(0, len(wanted), _AT_ONCE):
        some = SearchPostings.stem.in_(wanted[start : start + _AT_ONCE])
        found += [(block, weights) for block, weights in session.execute(_BLOCKS.where(some))]
    return found


def with_phrase(session: Session, ids: Collection[int], phrase: str) -> set[int]:
    """Those of these summaries whose searched words, as they are stored, have this among them."""
    wanted, found = list(ids), set[int]()
    said = SearchedWords.words.contains(phrase, autoescape=True)
    for start in range(0, len(wanted), _AT_ONCE):
        some = SearchedWords.summary_id.in_(wanted[start : start + _AT_ONCE])
        found |= set(session.execute(select(SearchedWords.summary_id).where(some, said)).scalars())
    return found


def stored_words(session: Session, ids: Collection[int]) -> dict[int, StoredWords]:
    """The searched words of a few summaries, by id."""
    asked = select(SearchedWords.summary_id, SearchedWords.words, SearchedWords.paired)
    rows = session.execute(asked.where(SearchedWords.summary_id.in_(ids)))
    return {key: StoredWords(words, paired) for key, words, paired in rows}


def all_are_paired(session: Session) -> bool:
    """Whether the pairs of all searched words are stored."""
    return not session.execute(select(exists(select(SearchedWords.summary_id).where(UNPAIRED)))).scalar()


def words_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The searched words of these summaries, by id."""
    wanted, found = list(ids), dict[int, str]()
    for start in range(0, len(wanted), _AT_ONCE):
        asked = select(SearchedWords.summary_id, SearchedWords.words)
        some = asked.where(SearchedWords.summary_id.in_(wanted[start : start + _AT_ONCE]))
        found |= dict(session.execute(some).all())
    return found


def linking_summaries(session: Session, hashes: Collection[str]) -> dict[str, int]:
    """The latest summary that links each of these canonical addresses and was not withdrawn."""
    asked = (
        select(SourceLink.canonical, func.max(SourceLink.summary_id))
        .where(SourceLink.canonical.in_(hashes), SourceLink.summary_id.not_in(select(Withdrawal.summary_id)))
        .group_by(SourceLink.canonical)
    )
    return {str(canonical): key for canonical, key in session.execute(asked)}


def _last_taken(session: Session, number: int) -> int:
    [block] = shelf_blocks(session, [number])
    taken = block.ids.rstrip(b"\0")
    return number * SEATS + (len(taken) + 3) // 4 - 1


def _store_block(session: Session, block: int, stems: Mapping[str, Mapping[int, int]]) -> None:
    here = (SearchPostings.block == block, SearchPostings.stem.in_(list(stems)))
    rows = session.execute(select(SearchPostings.stem, SearchPostings.weights).where(*here))
    there: dict[str, bytes] = dict(rows.all())
    session.execute(delete(SearchPostings).where(*here).execution_options(synchronize_session=False))
    made = ((stem, block, changed(there.get(stem), weights)) for stem, weights in stems.items())
    kept = (row for row in made if row[2] is not None)
    insert_rows(session, table_of(SearchPostings), ("stem", "block", "weights"), kept)
