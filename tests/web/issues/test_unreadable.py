"""What was stored when the issue closed can't be read: its editors see why, and have every button to go on with."""

from __future__ import annotations

from datetime import date

import pytest

from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.issues.issues import issue_on
from tests.conftest import Mailbox, text_of
from tests.factories import make_issue, make_summary, store_as_a_newer_program
from tests.web.browser import Browser, words

FRIDAY = date(2024, 5, 17)
PAGE = "/desk/issues/2024-05-17"


@pytest.fixture
def unreadable(alice: Browser, db: Database) -> None:
    """An issue that Alice approved, and that a newer program stored."""
    make_issue(db, FRIDAY, [make_summary(db, "Court annuls fine"), make_summary(db, "Airline fined")])
    alice.send(f"{PAGE}/approve", PAGE)
    store_as_a_newer_program(db, FRIDAY)


def state(db: Database) -> str:
    with db.reading() as session:
        issue = issue_on(session, FRIDAY)
        assert issue
        return str(issue.state)


@pytest.mark.usefixtures("unreadable")
def test_the_page_says_why_and_keeps_its_buttons(alice: Browser) -> None:
    page = alice.open(PAGE)
    assert page.status_code == 200
    assert "stored by a newer program (version 9; this one reads up to 1). Install that program again." in words(page)
    assert "is what its summaries say now, not what was stored" in words(page)
    for action in ("reopen", "hold", "skip"):
        assert f"{PAGE}/{action}" in page.text


@pytest.mark.usefixtures("unreadable")
def test_approved_again_its_proof_says_that_all_of_it_is_to_be_looked_at(
    alice: Browser, db: Database, mailbox: Mailbox
) -> None:
    alice.send(f"{PAGE}/reopen", PAGE)
    alice.send(f"{PAGE}/approve", PAGE)
    assert state(db) == IssueState.CLOSED
    proof = text_of(mailbox.to("alice@digest.test")[-1])
    assert "so nobody can list what changed: look at all of it" in " ".join(proof.split())
    assert "newer program" not in words(alice.open(PAGE))


@pytest.mark.usefixtures("unreadable")
def test_its_preview_shows_nothing_in_place_of_what_was_approved(alice: Browser) -> None:
    preview = alice.open(f"{PAGE}/preview/wide")
    assert preview.status_code == 500
    assert "Install that program again." in words(preview)
