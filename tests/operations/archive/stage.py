"""The search index as a release that knows of no pairs of words has left it."""

from __future__ import annotations

from sqlalchemy import delete, update

from digest.storage.archive.search_index import SearchedWords
from digest.storage.archive.word_pairs import WordPairs
from digest.storage.base.database import Database


def forget_pairs(db: Database) -> None:
    """Have the searched words of each summary, and no pair of them."""
    with db.writing() as session:
        session.execute(delete(WordPairs))
        session.execute(update(SearchedWords).values(paired=False))
