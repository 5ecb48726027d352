"""The inbox: what waits, what is done with it, and its undoing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from werkzeug.test import TestResponse

from digest.storage.base.database import Database
from digest.storage.sources.leads import Lead
from tests.factories import make_lead
from tests.web.browser import Browser, one, page, words

NOW = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tuesday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def _titles(browser: Browser, query: str = "") -> list[str]:
    return [each.text.strip() for each in page(browser.open(f"/desk/leads{query}")).select(".lead-title")]


def _lead(db: Database, lead_id: int) -> Lead:
    with db.reading() as session:
        return session.get_one(Lead, lead_id)


def _post(browser: Browser, path: str, **form: object) -> str:
    """What the page says that the form leads to."""
    return words(browser.open(browser.send(path, form=form).headers["Location"]))


def _act(browser: Browser, **form: object) -> str:
    return _post(browser, "/desk/leads/act", **form)


def _undo(browser: Browser) -> str:
    return _post(browser, "/desk/leads/undo")


def _ask_as_script(browser: Browser, **form: object) -> TestResponse:
    sent = {"csrf_token": browser.token("/desk/account"), **form}
    return browser.client.post("/desk/leads/act", data=sent, headers={"Accept": "application/json"})


def test_what_waits_is_listed_newest_first_one_line_a_story(alice: Browser, db: Database) -> None:
    make_lead(db, "Older", at=NOW - timedelta(hours=5))
    make_lead(db, "A fine", "CNIL", NOW - timedelta(hours=3), story=7)
    make_lead(db, "The same fine", "Le Monde", NOW - timedelta(hours=1), story=7)
    assert _titles(alice) == ["The same fine", "Older"]
    row = one(page(alice.open("/desk/leads")), ".lead-row")
    assert "Le Monde, CNIL · 2 leads" in row.get_text(" ", strip=True)
    assert "1 h" in row.get_text(" ", strip=True)


def test_an_act_on_a_row_takes_its_whole_story(alice: Browser, db: Database) -> None:
    first = make_lead(db, story=7)
    second = make_lead(db, story=7)
    make_lead(db, "Stays")
    form = one(page(alice.open("/desk/leads")), f"#lead-{second} form")
    ids = [str(field["value"]) for field in form.select("input[name=lead]")]
    assert "2 leads are dismissed." in _act(alice, lead=ids, verb="dismiss")
    assert {_lead(db, first).state, _lead(db, second).state} == {"dismissed"}
    assert _titles(alice) == ["Stays"]
    assert len(_titles(alice, "?show=dismissed")) == 2


def test_undo_brings_back_what_was_there_before(alice: Browser, db: Database) -> None:
    kept, new = make_lead(db, "Kept"), make_lead(db, "New")
    _act(alice, lead=kept, verb="keep")
    _act(alice, lead=[kept, new], verb="dismiss")
    assert _titles(alice) == []
    assert "Undone: 2 leads are as before." in _undo(alice)
    assert (_lead(db, kept).state, _lead(db, new).state) == ("kept", "new")
    _undo(alice)
    assert _lead(db, kept).state == "new"
    assert "nothing left to undo" in _undo(alice)


def test_dismissing_all_that_is_shown_leaves_what_is_kept(alice: Browser, db: Database) -> None:
    kept, new = make_lead(db, "Kept"), make_lead(db, "New")
    _act(alice, lead=kept, verb="keep")
    button = one(page(alice.open("/desk/leads")), ".desk-bar button[value=sweep]")
    assert button.text == "Dismiss the 1 story shown and not kept"
    form = button.find_parent("form")
    assert form is not None
    assert [field["value"] for field in form.select("[name=lead]")] == [str(new)]


def test_dismissing_all_that_was_shown_spares_what_somebody_kept_meanwhile(
    alice: Browser, ada: Browser, db: Database
) -> None:
    shown = [make_lead(db), make_lead(db)]
    _act(ada, lead=shown[0], verb="keep")
    assert "1 lead is dismissed." in _act(alice, lead=shown, verb="sweep")
    assert [_lead(db, lead).state for lead in shown] == ["kept", "dismissed"]


def test_undo_leaves_what_somebody_else_has_touched_since(alice: Browser, ada: Browser, db: Database) -> None:
    lead, other = make_lead(db), make_lead(db)
    _act(alice, lead=[lead, other], verb="dismiss")
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        _act(ada, lead=lead, verb="keep")
    assert "1 lead is as before" in _undo(alice)
    assert (_lead(db, lead).state, _lead(db, other).state) == ("kept", "new")


def test_twenty_acts_can_be_undone_and_no_more(alice: Browser, db: Database) -> None:
    leads = [make_lead(db) for _ in range(21)]
    for lead in leads:
        _act(alice, lead=lead, verb="dismiss")
    answers = [_undo(alice) for _ in range(21)]
    assert sum("1 lead is as before" in answer for answer in answers) == 20
    assert _lead(db, leads[0]).state == "dismissed"


def test_a_snoozed_lead_waits_again_from_its_day_on(alice: Browser, db: Database) -> None:
    lead = make_lead(db, "Hearing on Thursday")
    assert "after today" in _act(alice, lead=lead, verb="snooze", snooze="2024-05-14")
    _act(alice, lead=lead, snooze="2024-05-16")
    assert _titles(alice) == []
    assert "Back on Thursday 16 May 2024" in words(alice.open("/desk/leads?show=snoozed"))
    with time_machine.travel(NOW + timedelta(days=2), tick=False):
        alice.sign_in("alice@digest.test")
        assert _titles(alice) == ["Hearing on Thursday"]


def test_the_inbox_is_narrowed_by_words_and_publication(alice: Browser, db: Database) -> None:
    make_lead(db, "Fine for a hospital", "CNIL")
    make_lead(db, "Fine for a school", "AEPD")
    assert _titles(alice, "?q=fine+school") == ["Fine for a school"]
    assert _titles(alice, "?publication=cnil") == ["Fine for a hospital"]
    assert "Nothing found" in words(alice.open("/desk/leads?q=airport"))


def test_others_see_for_a_minute_that_a_lead_is_open(alice: Browser, ada: Browser, db: Database) -> None:
    lead = make_lead(db)
    assert alice.send(f"/desk/leads/{lead}/look", form={}).json == {"others": []}
    assert ada.send(f"/desk/leads/{lead}/look", form={}).json == {"others": ["Alice"]}
    assert "Alice has it open" in words(ada.open("/desk/leads"))
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert "open" not in one(page(ada.open("/desk/leads")), ".lead-row").text


def test_a_script_gets_its_answer_as_json(alice: Browser, db: Database) -> None:
    lead = make_lead(db)
    answer = _ask_as_script(alice, lead=lead, verb="keep")
    assert answer.json == {"words": "1 lead is kept.", "counts": {"kept": 1, "waiting": 1}}
    refused = _ask_as_script(alice, lead=lead, snooze="x")
    assert (refused.status_code, "after today" in str(refused.json)) == (409, True)


def test_coming_back_never_leads_elsewhere(alice: Browser, db: Database) -> None:
    answer = alice.send(
        "/desk/leads/act", form={"lead": make_lead(db), "verb": "keep", "back": "https://evil.example/"}
    )
    assert answer.headers["Location"] == "/desk/leads"
