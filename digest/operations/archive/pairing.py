"""Pairs of words for what was indexed without them: with many others, before an upgrade, or during one by the release
before."""

from __future__ import annotations

from digest.domain.archive.pairs import by_bucket, entries_of, placed
from digest.domain.archive.postings import SEATS
from digest.operations.archive.indexing import lock_index
from digest.storage.archive.index_due import mark_paired, unpaired_block, words_in_block
from digest.storage.archive.word_pairs import replace_block
from digest.storage.base.database import Database


def pair_block(db: Database) -> bool:
    """Find the pairs of one block of 4,096 seats anew; returns whether there was one to be done.

    Whole blocks, since nobody knows which pairs a summary had before somebody stored its words alone.
    """
    with db.reading() as session:
        block = unpaired_block(session)
        words = {} if block is None else words_in_block(session, block)
    if block is None:
        return False
    # What takes long is done before others have to wait; a block that was changed meanwhile has its turn again.
    buckets = by_bucket(entry for seat, said in words.items() for entry in placed(entries_of(said), seat % SEATS))
    with db.writing() as session:
        lock_index(session)
        if words_in_block(session, block) == words:
            replace_block(session, block, buckets)
            mark_paired(session, block)
    return True
