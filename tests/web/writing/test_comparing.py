"""What differs between what is saved and what is typed, line by line."""

from __future__ import annotations

import time
from random import Random

from digest.domain.issues.manuscript import Manuscript
from digest.storage.base.database import Database
from digest.storage.writing.summaries import summary_by_id
from digest.web.writing.comparing import difference
from digest.web.writing.summary_form import SummaryForm, form_of
from tests.factories import make_summary


def _difference(db: Database, saved: str, typed: str) -> list[str]:
    summary_id = make_summary(db, body=saved)
    with db.reading() as session:
        found = summary_by_id(session, summary_id)
        assert found is not None
        words = form_of(found).manuscript
        form = SummaryForm(Manuscript(words.title, words.date, words.publication, typed, words.sources, words.topics))
        return difference(found, form).split("\n")


def test_each_differing_line_stands_with_its_neighbours(db: Database) -> None:
    assert _difference(db, "one\n--two\nthree\nfour", "one\ntwo\nthree\nfour") == [" one", "---two", "+two", " three"]


def test_thousands_of_lines_are_compared_in_a_moment(db: Database) -> None:
    dice = Random(13)  # noqa: S311 - a text, and no secret
    saved, typed = ("\n".join(dice.choices([f"{number:03}" for number in range(150)], k=12_000)) for _ in range(2))
    began = time.process_time()
    told = _difference(db, saved, typed)
    assert time.process_time() - began < 3
    removed, added = ([line[1:] for line in told if line.startswith(sign)] for sign in "-+")
    assert "\n".join(removed) in saved and "\n".join(added) in typed
    assert len(removed) > 11_900 and len(added) > 11_900
