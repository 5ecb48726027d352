"""The archive's search: what readers type finds what they mean."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import update

from digest.operations.archive import archive_index, searching
from digest.operations.archive.indexing import index_summaries
from digest.operations.archive.pairing import pair_block
from digest.operations.archive.searching import Found, search, wanted_in
from digest.storage.archive import search_index
from digest.storage.base.database import Database
from digest.storage.writing.summaries import Summary
from tests.factories import make_summary
from tests.operations.archive.stage import forget_pairs

pytestmark = pytest.mark.on_both


@pytest.fixture
def titles(db: Database) -> dict[int, str]:
    """An archive of four, and a draft."""
    made = {
        "fines": make_summary(
            db, "CNIL fines a café chain", body="The *décision* is e‑mail related.", publication="Gazette"
        ),
        "fine": make_summary(db, "A fine for a bakery", body="Bread and data—protection in a bakery."),
        "court": make_summary(
            db,
            "Court on transfers",
            body="Data and its protection.",
            sources=[("https://a.example/1", "Zebra memo", "")],
        ),
        "other": make_summary(db, "Nothing of the kind"),
    }
    make_summary(db, "A draft that fines", published=False)
    index_summaries(db)
    return {key: name for name, key in made.items()}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("fines", ["fines", "fine"]),
        ("fine", ["fine", "fines"]),
        ("CAFE  Decision", ["fines"]),
        ("“data-protection”", ["fine"]),
        ("data protection", ["court", "fine"]),
        ("transf", ["court"]),
        ("zebra", ["court"]),
        ("gazette", ["fines"]),
        ("e-mail cafés", ["fines"]),
        ("the bakery", ["fine"]),
        ("kind of", ["other"]),
        ("transfers of unheard-of wombats", ["court"]),
        ("", []),
        ('"', []),
        ("xyzzy", []),
        ("% _ ' ; -- ( * NEAR", []),
    ],
)
def test_a_search_finds_what_is_meant(db: Database, titles: dict[int, str], typed: str, expected: list[str]) -> None:
    found = asked(db, typed)
    names = [titles[hit.id] for hit in found.results]
    assert (names if "data" not in typed else sorted(names)) == expected
    assert found.total == len(expected)
    assert found.loosened == ("wombats" in typed)


@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "just written"])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("EU-US", ["Deal on the EU–US frame"]),
        ("children's", ["Rules for children’s data"]),
        ('"legitimate interest"', ["What a “legitimate interest” is"]),
        ('"legitimate interests"', []),
        ("it pro", ["A server runs out"]),
        ("ÉTÉ", ["Rules for children’s data"]),
    ],
)
def test_dashes_quotes_phrases_and_publications_are_found(
    db: Database, indexed: bool, typed: str, expected: list[str]
) -> None:
    make_summary(db, "Deal on the EU–US frame")
    make_summary(db, "Rules for children’s data", body="The ete was long.")
    make_summary(db, "What a “legitimate interest” is", body="It is an interest, and a legitimate one.")
    make_summary(db, "No such thing", body="An interest may be legitimate.")
    make_summary(db, "A server runs out", publication="IT Pro")
    if indexed:
        index_summaries(db)
    assert [hit.title for hit in asked(db, typed).results] == expected


@pytest.mark.on_both
@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "just written"])
def test_a_phrase_is_found_wherever_it_is(db: Database, monkeypatch: pytest.MonkeyPatch, indexed: bool) -> None:
    monkeypatch.setattr(search_index, "_AT_ONCE", 3)
    made = [make_summary(db, f"Story {number}", body="Lawful interest is paid.") for number in range(8)]
    if indexed:
        index_summaries(db)
    heavier = [make_summary(db, "Interest, lawful", body="Interest that is lawful interests.") for _ in range(4)]
    if indexed:
        index_summaries(db)
    found = asked(db, '"lawful interest"')
    assert (sorted(hit.id for hit in found.results), found.total, found.whole) == (made, 8, True)
    forget_pairs(db)
    found = asked(db, '"lawful interest"')
    assert (sorted(hit.id for hit in found.results), found.total, found.whole) == (made, 8, True)
    monkeypatch.setattr(searching, "_MOST_READ", len(heavier) + 2)
    found = asked(db, '"lawful interest"')
    assert (found.total, found.whole) == ((2, False) if indexed else (8, True))
    pair_block(db)
    found = asked(db, '"lawful interest"')
    assert (found.total, found.whole) == (8, True)


@pytest.mark.on_both
@pytest.mark.parametrize("indexed", [True, False], ids=["indexed", "just written"])
def test_a_beginning_finds_every_word_that_begins_so(
    db: Database, monkeypatch: pytest.MonkeyPatch, indexed: bool
) -> None:
    for number in range(26):
        make_summary(db, f"Pro{chr(ord('a') + number)}zz")
    make_summary(db, "Przz")
    if indexed:
        index_summaries(db)
    found = asked(db, "pro")
    assert (found.total, found.whole) == (26, True)
    if indexed:
        monkeypatch.setattr(archive_index, "_MOST_BEGINNINGS", 3)
        found = asked(db, "pro")
        assert (found.total, found.whole) == (3, False)


def test_a_phrase_is_looked_for_once_and_four_at_most(db: Database) -> None:
    key = make_summary(db, "One two three four five six")
    with db.reading() as session:
        index = archive_index.ArchiveIndex(session)
        assert len(wanted_in(index, '"one two" ' * 9)) == 1
        wanted = wanted_in(index, '"one two" "two three" "three four" "four five" "five six"')
    assert [each.quoted for each in wanted] == [True] * 4 + [False] * 2
    assert [hit.id for hit in asked(db, '"one two" "two three" "three four" "four five" "five six"').results] == [key]


def test_what_is_not_indexed_yet_is_read_once_until_it_changes(db: Database) -> None:
    key = make_summary(db, "Aardvarks of a certain kind")
    asked(db, "aardvarks")
    before = archive_index._terms.cache_info()
    assert asked(db, "aardvarks certain").total == 1
    assert archive_index._terms.cache_info().misses == before.misses
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == key).values(title="Wombats of a certain kind", version=2))
    assert asked(db, "aardvarks").total == 0


def test_an_edited_summary_is_found_by_what_it_says_now(db: Database) -> None:
    key = make_summary(db, "Aardvarks are fined")
    index_summaries(db)
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == key).values(title="Wombats are fined", version=2))
    assert [hit.id for hit in asked(db, "wombats").results] == [key]
    assert asked(db, "aardvarks").total == 0
    index_summaries(db)
    assert [hit.id for hit in asked(db, "wombats").results] == [key]
    assert asked(db, "aardvarks").total == 0
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == key).values(published_at=None, version=3))
    assert asked(db, "wombats").total == 0
    index_summaries(db)
    assert asked(db, "wombats").total == 0


def test_nothing_that_is_typed_is_syntax(db: Database, titles: dict[int, str]) -> None:  # noqa: ARG001
    pieces = [
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        '"',
        "'",
        "*",
        "(",
        ")",
        ":",
        "^",
        "-",
        "%",
        "_",
        "\\",
        "&",
        "|",
        "!",
        "<->",
        ";",
    ]
    pieces += [
        "\x00",
        "\ud800",
        "é",
        "“",
        "fines",
        "title:fines",
        "fine*",
        "a" * 300,
        "{}",
        "--",
        "$$",
        "/*",
        "𝒻ines",
        "🙂",
    ]
    random = Random(9)  # noqa: S311 - the same in every run
    for _ in range(200):
        typed = random.choice(("", " ")).join(random.choices(pieces, k=random.randint(1, 9)))
        assert asked(db, typed).total >= 0


def asked(db: Database, typed: str) -> Found:
    with db.reading() as session:
        return search(session, typed)
