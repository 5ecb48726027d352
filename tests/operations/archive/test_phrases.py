"""Quoted phrases: found exactly where they stand, by pairs of words, and by reading where those are not stored yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.archive import indexing, pairing
from digest.operations.archive.archive_index import ArchiveIndex
from digest.operations.archive.indexing import index_summaries
from digest.operations.archive.pairing import pair_block
from digest.operations.archive.searching import search
from digest.operations.shared.context import Context
from digest.operations.writing.editing import delete_draft, take_back
from digest.operations.writing.ending import withdraw
from digest.storage.archive.search_index import SearchedWords, StoredWords, forget_index, store_words
from digest.storage.archive.word_pairs import WordPairs
from digest.storage.base.database import Database
from digest.storage.writing.summaries import Summary
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.operations.archive.stage import forget_pairs

pytestmark = pytest.mark.on_both

_VOCABULARY = ("data", "court", "of", "the", "a")
"""The last three mean nothing by themselves: no stem of them is indexed."""


@pytest.fixture
def context(db: Database, settings: Settings) -> Context:
    return Context(db, settings, TUESDAY)


@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "just written"])
@pytest.mark.parametrize(
    ("typed", "is_there"),
    [
        ("supervisory authority", True),
        ("authority of the north", True),
        ("of the north", True),
        ("the supervisory authority of the north", True),
        ("supervisory authorities", False),
        ("authority supervisory", False),
        ("the authority", False),
        ("rulings the", False),
        ("north gazette", False),
        ("the north the", False),
        ("late report", True),
        ("gazette late", False),
    ],
)
def test_a_phrase_is_found_where_its_words_follow_each_other_in_one_field(
    db: Database, indexed: bool, typed: str, is_there: bool
) -> None:
    body = "The supervisory authority of the north."
    make_summary(db, "Rulings", publication="Gazette", body=body, sources=[("https://a.example/", "Late report", "")])
    if indexed:
        index_summaries(db)
    assert len(found(db, typed)) == is_there


@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "just written"])
def test_an_edit_that_breaks_a_phrase_leaves_another_that_shares_a_word(db: Database, indexed: bool) -> None:
    key, other = (make_summary(db, "Lawful interest is paid") for _ in range(2))
    index_summaries(db)
    retitle(db, key, "Lawful is the interest that is paid")
    if indexed:
        index_summaries(db)
    assert found(db, "lawful interest") == {other}
    assert found(db, "is paid") == {key, other}
    assert found(db, "interest that") == {key}
    retitle(db, key, "Lawful interest is paid", version=3)
    if indexed:
        index_summaries(db)
    assert found(db, "lawful interest is") == {key, other}


def test_what_is_withdrawn_or_a_draft_again_is_not_found_by_a_phrase(db: Database, context: Context) -> None:
    keys = [make_summary(db, "Lawful interest is paid") for _ in range(3)]
    index_summaries(db)
    withdraw(context, keys[0], "Libel.", "alice@digest.test")
    take_back(db, TUESDAY, keys[1])
    assert found(db, "lawful interest") == {keys[2]}
    index_summaries(db)
    assert found(db, "lawful interest") == {keys[2]}


def test_a_deleted_draft_leaves_no_pair(db: Database, context: Context) -> None:
    draft = make_summary(db, "Lawful interest", published=False)
    index_summaries(db)
    assert stored_pairs(db)
    delete_draft(context, draft)
    assert not stored_pairs(db)


def test_phrases_are_found_as_a_reader_of_every_text_would_find_them(db: Database) -> None:
    random, titles = Random(5), dict[int, str]()  # noqa: S311 - the same texts in every run
    for number in range(60):
        title = drawn(random, 6)
        titles[make_summary(db, title, body=".", publication=f"P{number % 3}", sources=())] = title
    index_summaries(db)
    must_agree(db, titles, random)
    for key in random.sample(sorted(titles), 25):
        titles[key] = drawn(random, 6)
        retitle(db, key, titles[key])
    must_agree(db, titles, random)
    index_summaries(db)
    must_agree(db, titles, random)
    before = stored_pairs(db)
    forget_pairs(db)
    must_agree(db, titles, random)
    assert pair_block(db)
    assert not pair_block(db)
    must_agree(db, titles, random)
    assert stored_pairs(db) == before


def test_what_a_release_without_pairs_has_indexed_meanwhile_is_found_by_what_it_says(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, other = (make_summary(db, "Lawful interest is paid") for _ in range(2))
    index_summaries(db)
    with monkeypatch.context() as before:
        before.setattr(indexing, "change_pairs", lambda *_: None)
        before.setattr(indexing, "store_words", store_words_alone)
        retitle(db, key, "Interest that is lawful")
        index_summaries(db)
        new = make_summary(db, "Lawful interest is due")
        index_summaries(db)
    assert found(db, "lawful interest") == {other, new}
    retitle(db, new, "Lawful interest is gone")
    retitle(db, key, "Interest that is lawful now", version=3)
    index_summaries(db)
    assert found(db, "is gone") == {new}
    assert found(db, "lawful interest") == {other, new}
    while pair_block(db):
        pass
    with db.reading() as session:
        assert ArchiveIndex(session).all_are_paired
    assert found(db, "lawful interest") == {other, new}
    assert found(db, "is lawful now") == {key}
    assert not found(db, "is due")


def test_of_many_that_are_written_at_once_pairs_are_found_when_all_are_indexed(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {make_summary(db, f"Lawful interest {number}") for number in range(7)}
    index_summaries(db)
    before = stored_pairs(db)
    monkeypatch.setattr(indexing, "_AT_ONCE", 3)
    for key in keys:
        retitle(db, key, "Lawful is the interest")
    index_summaries(db)
    assert not found(db, "lawful interest")
    assert found(db, "the interest") == keys
    for key in keys:
        retitle(db, key, f"Lawful interest {key - min(keys)}", version=3)
    index_summaries(db)
    with db.reading() as session:
        assert not ArchiveIndex(session).all_are_paired
    assert found(db, "lawful interest") == keys
    assert pair_block(db)
    assert not pair_block(db)
    assert stored_pairs(db) == before


def test_a_block_that_changes_while_it_is_paired_has_its_turn_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_summary(db, "Lawful interest is paid")
    index_summaries(db)
    forget_pairs(db)

    def edit_meanwhile(session: Session) -> None:
        session.execute(update(SearchedWords).values(words=" interest that is lawful "))

    monkeypatch.setattr(pairing, "lock_index", edit_meanwhile)
    assert pair_block(db)
    assert not stored_pairs(db)
    monkeypatch.undo()
    assert pair_block(db)
    with db.reading() as session:
        assert ArchiveIndex(session).with_pairs(1, ("that", "is"))
        assert not ArchiveIndex(session).with_pairs(1, ("lawful", "interest"))
    assert key


def test_an_index_that_is_made_anew_keeps_no_pair_of_before(db: Database) -> None:
    for number in range(3):
        make_summary(db, f"Lawful interest {number}")
    index_summaries(db)
    before = stored_pairs(db)
    with db.writing() as session:
        forget_index(session)
    assert not stored_pairs(db)
    index_summaries(db)
    assert stored_pairs(db) == before


def must_agree(db: Database, titles: Mapping[int, str], random: Random) -> None:
    for _ in range(60):
        some = drawn(random, random.randint(1, 3)).split()
        some.insert(random.randint(0, len(some)), random.choice(_VOCABULARY[:2]))
        phrase = " ".join(some)
        expected = {key for key, title in titles.items() if f" {phrase} " in f" {title} "}
        assert found(db, phrase) == expected, phrase


def drawn(random: Random, count: int) -> str:
    return " ".join(random.choices(_VOCABULARY, k=count))


def found(db: Database, phrase: str) -> set[int]:
    with db.reading() as session:
        answer = search(session, f'"{phrase}"', 100)
    assert answer.whole
    assert answer.total == len(answer.results)
    return {hit.id for hit in answer.results}


def retitle(db: Database, key: int, title: str, version: int = 2) -> None:
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == key).values(title=title, version=version))


def stored_pairs(db: Database) -> dict[tuple[int, int], list[int]]:
    """By block and bucket, the entries in an order of their own."""
    asked = select(WordPairs.block, WordPairs.bucket, WordPairs.entries)
    with db.reading() as session:
        rows = session.execute(asked).all()
    return {
        (block, bucket): sorted(int.from_bytes(raw[at : at + 8], "little") for at in range(0, len(raw), 8))
        for block, bucket, raw in rows
    }


def store_words_alone(session: Session, words: Mapping[int, StoredWords]) -> None:
    store_words(session, {key: replace(each, paired=False) for key, each in words.items()})
