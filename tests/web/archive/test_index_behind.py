"""What readers must not see is not found, however far the search index is behind; and what is gone leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import Manuscript, Piece, read
from digest.operations.archive import archive_index, indexing
from digest.operations.archive.covering import Archive
from digest.operations.archive.indexing import index_summaries
from digest.operations.archive.searching import search
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.operations.writing.editing import delete_draft, save, take_back
from digest.operations.writing.ending import withdraw
from digest.storage.archive.search_index import SearchPostings, StoredWords, all_are_paired, store_words
from digest.storage.base.database import Database
from digest.storage.writing.names import PUBLICATIONS, id_of_name
from digest.storage.writing.summaries import Summary
from digest.web.archive.keeping_up import Indexer
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.operations.archive.stage import forget_pairs


@pytest.fixture
def context(db: Database, settings: Settings) -> Context:
    return Context(db, settings, TUESDAY)


@pytest.fixture
def behind(db: Database, context: Context, monkeypatch: pytest.MonkeyPatch) -> int:
    """The last of six indexed summaries whose publication was renamed; only the first three fit beside the index."""
    monkeypatch.setattr(archive_index, "_MOST_STALE", 2)
    for number in range(5):
        make_summary(db, f"Filler {number}", body="Wombats of note.")
    last = make_summary(db, "Zebra scandal", body="Zebra words and wombats.")
    index_summaries(db)
    naming.rename(context, PUBLICATIONS, _id(db, "Euractiv"), "Renamed Gazette", new_address=False)
    return last


def _id(db: Database, name: str) -> int:
    with db.reading() as session:
        found = id_of_name(session, PUBLICATIONS, name)
    assert found
    return found


@pytest.mark.on_both
def test_what_was_withdrawn_is_not_found_while_the_index_is_behind(
    client: FlaskClient, db: Database, context: Context, behind: int
) -> None:
    withdraw(context, behind, "Libel.", "alice@digest.test")
    for path in ("/news?q=scandal", "/news.json?q=scandal", "/news.atom?q=scandal", "/news.json?q=wombats"):
        assert "Zebra" not in client.get(path).text
    with db.reading() as session:
        assert search(session, "scandal").total == 0


def test_what_is_a_draft_again_is_not_found_while_the_index_is_behind(
    client: FlaskClient, db: Database, behind: int
) -> None:
    take_back(db, TUESDAY, behind)
    sources = (Source("https://example.org/", "", ""),)
    piece = read(Manuscript("Zebra scandal", "2024-05-13", "Renamed Gazette", "Unpublished wombats.", sources, ()))
    assert isinstance(piece, Piece)
    save(db, TUESDAY, piece, behind, 2)
    found = client.get("/news.json?q=wombats").json
    assert found is not None
    assert len(found["items"]) == found["_digest"]["total"] == 5
    assert "Unpublished" not in str(found)


@pytest.mark.usefixtures("behind")
def test_a_search_says_that_the_index_is_behind(client: FlaskClient, db: Database) -> None:
    assert "the search has not read all of it yet" in client.get("/news?q=gazette").text
    assert _said(client, "/news.json?q=gazette")["whole"] is False
    index_summaries(db)
    assert "the search has not read all of it yet" not in client.get("/news?q=gazette").text
    assert _said(client, "/news.json?q=gazette") == {"total": 6, "loosened": False, "whole": True}


@pytest.mark.on_both
def test_what_is_taken_back_and_deleted_leaves_no_place_in_the_archive(
    client: FlaskClient, db: Database, context: Context
) -> None:
    kept, gone = make_summary(db, "Kept", body="Quagga words."), make_summary(db, "Gone", body="Quagga aardvarks.")
    index_summaries(db)
    take_back(db, TUESDAY, gone)
    delete_draft(context, gone)
    index_summaries(db)
    for path in ("/news.json", "/news.json?q=quagga"):
        found = client.get(path).json
        assert found is not None
        assert found["_digest"]["total"] == len(found["items"]) == 1
    with db.reading() as session:
        assert [hit.id for hit in search(session, "quagga").results] == [kept]
        assert session.get(SearchPostings, ("aardvark", 0)) is None


def test_where_no_clock_runs_a_web_worker_finds_the_pairs_of_what_was_indexed_without_them(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_summary(db, "Lawful interest")
    index_summaries(db)
    forget_pairs(db)
    rounds = iter(range(2))
    indexer = Indexer(db)
    monkeypatch.setattr(indexer._bell, "wait", lambda _: next(rounds))
    with pytest.raises(StopIteration):
        indexer._go_round()
    with db.reading() as session:
        assert all_are_paired(session)


def test_nothing_resembles_a_deleted_draft(db: Database, context: Context) -> None:
    make_summary(db, "Another matter entirely")
    draft = make_summary(db, "Okapi court fines zebra herd", published=False)
    index_summaries(db)
    delete_draft(context, draft)
    with db.reading() as session:
        assert Archive(session).resembling("Okapi court fines zebra herd", "") == []


@pytest.mark.only_on("postgresql")
def test_what_is_merged_while_it_is_indexed_is_indexed_again(
    db: Database, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = make_summary(db, "Alpha", publication="Old Gazette")
    make_summary(db, "Beta", publication="New Times")
    index_summaries(db)
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == moved).values(version=2))
    ids = _id(db, "Old Gazette"), _id(db, "New Times")
    merging = Thread(target=naming.merge, args=(context, PUBLICATIONS, *ids))

    def store_meanwhile(session: Session, words: Mapping[int, StoredWords]) -> None:
        if not merging.ident:
            merging.start()
            merging.join(0.5)  # as long as it takes if nothing holds it up
        store_words(session, words)

    monkeypatch.setattr(indexing, "store_words", store_meanwhile)
    index_summaries(db)
    merging.join()
    index_summaries(db)
    with db.reading() as session:
        assert [hit.id for hit in search(session, "alpha times").results] == [moved]
        assert search(session, "gazette").total == 0


def _said(client: FlaskClient, path: str) -> dict[str, object]:
    found = client.get(path).json
    assert found
    said: dict[str, object] = found["_digest"]
    return said
