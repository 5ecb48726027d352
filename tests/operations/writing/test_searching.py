"""The archive's search: what readers type finds what they mean."""

from __future__ import annotations

import pytest

from digest.operations.writing.indexing import index_summaries
from digest.operations.writing.searching import Found, search
from digest.storage.base.database import Database
from tests.factories import make_summary


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


def asked(db: Database, typed: str) -> Found:
    with db.reading() as session:
        return search(session, typed)
