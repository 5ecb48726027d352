"""The program is changed between Thursday's cut-off and Friday's send: what was proved goes all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from digest.storage.issues.issues import Closing, last_closing
from digest.storage.issues.selections import append_selection
from digest.storage.sending.editions import Edition
from tests.factories import make_subscriber, make_summary
from tests.scheduler.conftest import CUTOFF, SEND, Week

Changed = Callable[[dict[str, Any]], object]
"""What another version's way of storing did to a form that this one stored."""


def nothing(form: dict[str, Any]) -> None:
    """Before there were versions, forms were what they are now."""
    assert "version" not in form


def one_key_more(form: dict[str, Any]) -> None:
    form["mood"] = "of a later program"
    for item in form.get("items", ()):
        item["mood"] = "of a later program"


def one_key_less(form: dict[str, Any]) -> None:
    """For the content; the tags have none that may be missing but the date's."""
    form.pop("preheader", None)
    form.pop("since", None)
    for item in form.get("items", ()):
        del item["publication"]


def changed(text: str, change: Changed) -> str:
    form = json.loads(text)
    change(form)
    return json.dumps(form)


@pytest.fixture
def picky(week: Week) -> str:
    """A reader who chose a topic that one of the summaries lacks: her edition is made from what was stored."""
    make_subscriber(week.db, week.settings, "dora@example.org", topics="ai")
    make_summary(week.db, "Not on the issue", topics=["AI"])
    on_children = make_summary(week.db, "On children", topics=["Children"])
    with week.db.writing() as session:
        append_selection(session, week.issue().id, on_children)
    return "dora@example.org"


def close_with(week: Week, change: Changed) -> Closing:
    week.tick(CUTOFF)
    with week.db.writing() as session:
        closing = last_closing(session, week.issue())
        assert closing
        closing.content, closing.tags = changed(closing.content, change), changed(closing.tags, change)
        return closing


@pytest.mark.parametrize("change", [nothing, one_key_more, one_key_less])
def test_what_another_version_stored_on_thursday_goes_on_friday(
    week: Week, readers: list[str], picky: str, change: Changed
) -> None:
    closing = close_with(week, change)
    week.tick(SEND)
    assert week.copies == sorted([*readers, picky])
    with week.db.reading() as session:
        whole, hers = session.query(Edition).order_by(Edition.id)
        assert "Your selection." in hers.html
        assert (whole.items, hers.items) == (3, 3)
        in_full, headlines = hers.text.split("ALSO IN THIS ISSUE")
        assert re.findall(r"^\d\. .*", in_full, re.MULTILINE) == [
            "1. Court annuls fine",
            "2. Cookie walls need a choice",
        ]
        assert ("- On children" in headlines, "On children" in in_full) == (True, False)
        assert (whole.subject, whole.text, whole.html) == (closing.subject, closing.text, closing.html)


def test_editions_that_another_version_froze_are_sent_on(week: Week, readers: list[str]) -> None:
    week.tick(CUTOFF)
    week.tick(SEND, stopping=True)
    assert week.copies == []
    with week.db.writing() as session:
        for edition in session.query(Edition):
            edition.tags = changed(edition.tags, one_key_more)
    week.tick(SEND)
    assert week.copies == readers
