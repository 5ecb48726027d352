"""Which words stand beside each other in the archive, in buckets: see `domain.archive.pairs`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.archive.pairs import Entry, by_bucket, packed, placed, without
from digest.domain.archive.postings import SEATS
from digest.storage.base.bulk import append_rows, insert_rows
from digest.storage.base.model import Base, table_of

_AT_ONCE = 500
_KEYS = ("block", "bucket", "entries")


class WordPairs(Base):
    """What a block of seats has in one bucket."""

    __tablename__ = "word_pairs"

    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[bytes] = mapped_column(LargeBinary)


@dataclass(frozen=True)
class Rewording:
    """The pairs that a seat had, and those that it has from now on; as at a block's first place."""

    seat: int
    before: Sequence[Entry]
    now: Sequence[Entry]


@dataclass(frozen=True)
class _Change:
    gone: list[Entry] = field(default_factory=list)
    new: list[Entry] = field(default_factory=list)


def change_pairs(session: Session, rewordings: Iterable[Rewording]) -> None:
    """Take out the pairs that are said no longer, and put in those that are said now."""
    by_block = defaultdict[int, _Change](_Change)
    for each in rewordings:
        block, place = divmod(each.seat, SEATS)
        before, now = set(each.before), set(each.now)
        by_block[block].gone.extend(placed(before - now, place))
        by_block[block].new.extend(placed(now - before, place))
    for block, change in by_block.items():
        _take_out(session, block, by_bucket(change.gone))
        new = ((block, bucket, packed(entries)) for bucket, entries in by_bucket(change.new).items())
        append_rows(session, table_of(WordPairs), _KEYS, new)


def replace_block(session: Session, block: int, buckets: Mapping[int, Collection[int]]) -> None:
    """Have these entries in the block, by bucket, and no others."""
    session.execute(delete(WordPairs).where(WordPairs.block == block).execution_options(synchronize_session=False))
    rows = ((block, bucket, packed(entries)) for bucket, entries in sorted(buckets.items()))
    insert_rows(session, table_of(WordPairs), _KEYS, rows)


def stored_bucket(session: Session, bucket: int, blocks: Collection[int]) -> dict[int, bytes]:
    """What these blocks have in this bucket, by block."""
    here = (WordPairs.block.in_(blocks), WordPairs.bucket == bucket)
    return dict(session.execute(select(WordPairs.block, WordPairs.entries).where(*here)).all())


def _take_out(session: Session, block: int, gone: Mapping[int, Collection[int]]) -> None:
    buckets = sorted(gone)
    for start in range(0, len(buckets), _AT_ONCE):
        here = (WordPairs.block == block, WordPairs.bucket.in_(buckets[start : start + _AT_ONCE]))
        there = session.execute(select(WordPairs.bucket, WordPairs.entries).where(*here)).all()
        session.execute(delete(WordPairs).where(*here).execution_options(synchronize_session=False))
        left = [(block, bucket, without(entries, set(gone[bucket]))) for bucket, entries in there]
        insert_rows(session, table_of(WordPairs), _KEYS, [row for row in left if row[2]])
