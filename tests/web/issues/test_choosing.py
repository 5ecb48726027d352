"""Alice chooses what goes: finding, adding, ordering, taking back, and the words around it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.issues.selections import append_selection
from tests.conftest import TUESDAY, Mailbox, html_of
from tests.factories import make_issue, make_summary
from tests.web.browser import page
from tests.web.browser import words as words_on
from tests.web.issues.week import FRIDAY, PAGE, order, press, the_issue

TOPICS = (("On AI", "AI"), ("On health", "Health"), ("On no topic", ""), ("More AI", "AI"))
QUICK = {"HX-Request": "true", "HX-Target": "picks"}


@pytest.fixture
def alice(writer: FlaskClient) -> FlaskClient:
    """Alice, signed in."""
    return writer


def test_a_recent_summary_on_no_issue_can_be_added(alice: FlaskClient, db: Database, three: list[int]) -> None:
    new = make_summary(db, "Regulator opens inquiry", at=TUESDAY)
    make_summary(db, "An old story")
    page = alice.get(PAGE).text
    assert f'id="add-{new}"' in page
    assert "An old story" not in page
    assert press(alice, "add", summary=new).headers["Location"] == f"{PAGE}#item-{new}"
    assert order(db) == [*three, new]


@pytest.mark.on_both
def test_order_by_arrows_and_by_dragging(alice: FlaskClient, db: Database, three: list[int]) -> None:
    a, b, c = three
    press(alice, "down", summary=a)
    assert order(db) == [b, a, c]
    press(alice, "up", summary=c)
    assert order(db) == [b, c, a]
    press(alice, "up", summary=b)
    assert order(db) == [b, c, a]
    press(alice, "order", order=[c, a, b])
    assert order(db) == [c, a, b]
    press(alice, "remove", summary=a)
    assert order(db) == [c, b]


def test_a_quick_change_answers_with_its_parts(alice: FlaskClient, three: list[int]) -> None:
    answer = press(alice, "order", QUICK, order=list(reversed(three)))
    assert answer.status_code == 200
    assert answer.headers["HX-Trigger"] == "issue-changed"
    assert answer.text.index("Consent rewritten") < answer.text.index("Court annuls fine")
    assert "<html" not in answer.text


def test_the_focus_stays_on_what_was_moved_and_goes_to_undo_for_what_is_gone(
    alice: FlaskClient, three: list[int]
) -> None:
    focused = [
        [str(found["id"]) for found in page(press(alice, action, QUICK, summary=three[1])).select("[autofocus]")]
        for action in ("down", "up", "top", "remove")
    ]
    assert focused == [[f"up-{three[1]}"], [], [f"down-{three[1]}"], ["undo-last"]]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("summary", ["", "x", "0", "-1", "99999999999999999999"])
def test_a_summary_that_cannot_be_is_refused(alice: FlaskClient, summary: str) -> None:
    assert press(alice, "add", summary=summary).status_code == 400


@pytest.mark.usefixtures("three")
def test_words_around_it(alice: FlaskClient, db: Database) -> None:
    assert "Court annuls fine, and 2 more" in alice.get(PAGE).text
    press(alice, "words", subject="What courts said", preheader="And more", introduction="**New** words.")
    issue = the_issue(db)
    assert (issue.subject, issue.preheader, issue.introduction) == ("What courts said", "And more", "**New** words.")
    assert "<strong" in alice.get(f"{PAGE}/preview/wide").text
    typed = {
        "subject": "A newer subject",
        "preheader": "More",
        "introduction": "[New](https://exa\u200bmple.org/) words.",
    }
    for headers, status in ((None, 422), ({"HX-Request": "true", "HX-Target": "words"}, 200)):
        refused = press(alice, "words", headers, **typed)
        assert refused.status_code == status
        assert "Mend a link in the introduction" in refused.text
        assert all(words in refused.text for words in typed.values()), "nobody types it twice"
    assert the_issue(db).introduction == "**New** words."


@pytest.mark.usefixtures("three")
def test_preflight_names_item_fault_and_summary(alice: FlaskClient, db: Database) -> None:
    unfinished = make_summary(db, "Half a story", body="TK")
    press(alice, "add", summary=unfinished)
    page = alice.get(PAGE).text
    assert "Item 4:" in page
    assert "1 blocks" in page
    assert f"/desk/summaries/{unfinished}" in page
    press(alice, "approve")
    assert "Pre-flight stops it." in alice.get(PAGE).text
    assert the_issue(db).state == IssueState.OPEN


def test_what_no_issue_had_is_found_however_old_it_is_and_however_much_came_since(
    alice: FlaskClient, db: Database, three: list[int]
) -> None:
    old = make_summary(db, "An old ruling on cookies")
    for number in range(60):
        make_summary(db, f"Imported piece {number}", published_on=date(2024, 5, 14), at=TUESDAY)
    press(alice, "remove", summary=three[0])
    page = alice.get(PAGE).text
    assert page.index("Court annuls fine") < page.index("Imported piece"), "what was taken off stands first"
    assert "taken off this issue" in page
    assert "An old ruling" not in page
    assert f'id="add-{old}"' in alice.get(f"{PAGE}?q=ruling+cookies").text
    assert f'id="add-{old}"' in alice.get(f"{PAGE}?from=2024-01-01&to=2024-05-13").text
    assert f'id="add-{old}"' in alice.get(f"{PAGE}?left=1&page=2").text
    there = press(alice, "add", query="?q=ruling", summary=old).headers["Location"]
    assert there == f"{PAGE}?q=ruling#item-{old}"
    assert "Airline fined" in alice.get(f"{PAGE}?q=airline").text, "what is on it is found, too"
    assert "Nothing is found" in alice.get(f"{PAGE}?q=zebra").text


@pytest.mark.on_both
def test_to_the_top_to_a_place_and_back(alice: FlaskClient, db: Database, three: list[int]) -> None:
    a, b, c = three
    assert press(alice, "top", summary=c).headers["Location"] == f"{PAGE}#item-{c}"
    assert order(db) == [c, a, b]
    places: dict[str, Any] = {f"place-{c}": 1, f"place-{a}": 2, f"place-{b}": 1}
    press(alice, "place", order=[c, a, b], **places)
    assert order(db) == [b, c, a]
    press(alice, "remove", summary=c)
    assert "Took off “Consent rewritten”." in words_on(alice.get(PAGE))
    for expected in ([b, c, a], [c, a, b], [a, b, c], [a, b, c]):
        press(alice, "undo")
        assert order(db) == expected


def test_undoing_keeps_what_others_did_since(alice: FlaskClient, db: Database, three: list[int]) -> None:
    a, b, c = three
    press(alice, "remove", summary=b)
    new = make_summary(db, "Published meanwhile", at=TUESDAY)
    with db.writing() as session:
        append_selection(session, the_issue(db).id, new)
    press(alice, "undo")
    assert order(db) == [a, b, c, new]


def behind_the_contents(alice: FlaskClient) -> str:
    """The plain part from its first section on."""
    return alice.get(f"{PAGE}/preview/text").text.partition("IN THIS ISSUE")[2].partition("====")[2]


def test_sections_by_topic_and_a_closing_note(alice: FlaskClient, db: Database, mailbox: Mailbox) -> None:
    on = [make_summary(db, title, topics=[topic] if topic else []) for title, topic in TOPICS]
    make_issue(db, FRIDAY, on)
    press(alice, "words", subject="", preheader="", introduction="", closing_note="See you **soon**.", by_topic="1")
    text = behind_the_contents(alice)
    places = [text.index(words) for words in ("AI\n", "1. On AI", "2. More AI", "HEALTH", "3. On health", "OTHER NEWS")]
    assert places == sorted(places)
    assert "See you soon." in text
    press(alice, "up", summary=on[1])
    text = behind_the_contents(alice)
    assert text.index("HEALTH") < text.index("1. On health") < text.index("2. On AI")
    press(alice, "approve")
    assert "<strong" in html_of(mailbox.to("alice@digest.test")[0]).split("On no topic")[-1], "the note is bold"


@pytest.mark.usefixtures("three")
def test_approve_saves_what_is_typed_and_keeps_what_others_typed(alice: FlaskClient, db: Database) -> None:
    seen = re.search(r'name="seen" value="([^"]+)"', alice.get(PAGE).text)
    assert seen
    typed: dict[str, Any] = {
        "preheader": "",
        "introduction": "Typed, and not saved.",
        "closing_note": "",
        "seen": seen[1],
    }
    press(alice, "words", subject="Theirs", preheader="", introduction="A week of courts.", closing_note="")
    refused = press(alice, "approve", subject="Mine", **typed)
    assert refused.status_code == 422
    assert "Somebody else has changed these words" in refused.text
    assert "Typed, and not saved." in refused.text
    assert the_issue(db).state == IssueState.OPEN
    again = re.search(r'name="seen" value="([^"]+)"', refused.text)
    assert again
    press(alice, "approve", subject="Mine", **(typed | {"seen": again[1]}))
    assert (the_issue(db).state, the_issue(db).introduction) == (IssueState.CLOSED, "Typed, and not saved.")
    assert "Typed, and not saved." in alice.get(f"{PAGE}/preview/text").text


def test_a_summarys_own_page_puts_it_on(alice: FlaskClient, db: Database, three: list[int]) -> None:
    late = make_summary(db, "A late one")
    token = re.search(r'name="csrf_token" value="([^"]+)"', alice.get(PAGE).text)
    assert token
    answer = alice.post(f"/desk/summaries/{late}/put-on", data={"csrf_token": token[1]})
    assert answer.headers["Location"] == f"/desk/summaries/{late}"
    assert order(db) == [*three, late]
