"""Nothing typed is ever lost, and nothing is made twice."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from digest.operations.people.signing_in import sign_out_everywhere
from digest.storage.archive.published import latest_summaries
from digest.storage.base.database import Database
from digest.storage.writing.publications import publication_named, publication_names
from digest.storage.writing.summaries import Summary, drafts, summary_by_id
from digest.storage.writing.topics import all_topics
from digest.storage.writing.working_copies import WorkingCopy
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary
from tests.web.browser import PASSWORD, Browser, one, page, words
from tests.web.shared.busy import kept
from tests.web.writing.test_writing import FORM

JSON = {"Accept": "application/json"}
KEY = "0123456789abcdef0123456789abcdef"


def new_form(browser: Browser, **changes: object) -> dict[str, object]:
    """What is typed into a new form that this browser has opened."""
    key = one(page(browser.open("/desk/summaries/new")), "#summary-form input[name=form_key]")["value"]
    return {**FORM, "form_key": key, **changes}


def form_at(browser: Browser, summary_id: int) -> dict[str, object]:
    """The hidden fields of a summary's form, with the words of FORM."""
    found = one(page(browser.open(f"/desk/summaries/{summary_id}")), "#summary-form")
    hidden = {name: str(one(found, f"input[name={name}]")["value"]) for name in ("version", "form_key")}
    return {**FORM, **hidden}


def autosave(browser: Browser, form: dict[str, object], summary_id: int | None = None) -> TestResponse:
    """What the page's script sends while one writes."""
    token = browser.token("/desk/account")
    path = f"/desk/summaries/{summary_id or 'new'}/autosave"
    return browser.client.post(path, data={"csrf_token": token, **form}, headers=JSON)


def all_published(db: Database) -> list[Summary]:
    with db.reading() as session:
        return latest_summaries(session, 10)


def stored(db: Database, summary_id: int = 1) -> Summary:
    with db.reading() as session:
        found = summary_by_id(session, summary_id)
        assert found is not None
        return found


@pytest.fixture(autouse=True)
def the_i(db: Database) -> None:
    """The publication of FORM is there: nobody is asked whether it is meant."""
    with db.writing() as session:
        publication_named(session, "i")


@pytest.mark.on_both
def test_publish_back_publish_makes_one(alice: Browser, db: Database) -> None:
    make_issue(db)
    form = new_form(alice, act="publish", on_issue="1")
    first, second = (alice.send("/desk/summaries/new", form=form) for _ in range(2))
    assert first.location == second.location == "/desk/summaries/1"
    assert len(all_published(db)) == 1
    assert stored(db).version == 1, "the same words again change nothing"
    key = form["form_key"]
    assert alice.open(f"/desk/summaries/new?key={key}").location == "/desk/summaries/1", "Back leads to what was made"


@pytest.mark.on_both
def test_double_click_makes_one(alice: Browser, app: Flask, db: Database) -> None:
    form = new_form(alice, act="publish")
    token, cookie, barrier, answers = alice.token("/desk/account"), alice.cookie(), Barrier(2), []

    def press() -> None:
        client = app.test_client()
        client.set_cookie("digest_desk", cookie, path="/desk")
        barrier.wait()
        answers.append(client.post("/desk/summaries/new", data={"csrf_token": token, **form}).location)

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["/desk/summaries/1"] * 2
    assert len(all_published(db)) == 1


def test_words_changed_after_back_are_kept_in_the_one_summary(alice: Browser, db: Database) -> None:
    form = new_form(alice, act="publish")
    alice.send("/desk/summaries/new", form=form)
    alice.send("/desk/summaries/new", form=form, body="Better words.")
    assert len(all_published(db)) == 1 and stored(db).body == "Better words."


def test_first_autosave_makes_a_draft_and_the_next_one_goes_on_with_it(alice: Browser, db: Database) -> None:
    form = new_form(alice, new_topics="")
    first = autosave(alice, form).get_json()
    assert (first["summary"], first["beside"], first["at"]) == (1, False, "10:00")
    again = autosave(alice, {**form, "title": "A later headline"}, 1).get_json()
    assert again["newer_by"] == "", "a lost answer's version is no conflict with oneself"
    with db.reading() as session:
        assert [draft.title for draft in drafts(session)] == ["A later headline"]
    alice.send("/desk/summaries/1", form={**form, "title": "The last"}, act="publish")
    assert [summary.title for summary in all_published(db)] == ["The last"]


def test_half_a_form_is_kept_as_typed_and_makes_no_names(alice: Browser, db: Database) -> None:
    make_summary(db)
    form = new_form(alice, title="", date="15/05/20", publication="Eur", body="Half a sen", new_topics="Surv")
    assert autosave(alice, form).get_json()["beside"] is True
    whole = {**form, "title": "A title", "date": "2024-05-15"}
    for half in ({"publication": "Eur", "new_topics": ""}, {"publication": "i", "new_topics": "Surv"}):
        assert autosave(alice, {**whole, **half}).get_json()["beside"] is True
    autosave(alice, form)
    with db.reading() as session:
        assert publication_names(session) == ["Euractiv", "i"] and all_topics(session) == []
    assert "1 draft" in words(alice.open("/desk/summaries"))
    link = one(page(alice.open("/desk/summaries")), "[data-key-item] a")["href"]
    shown = page(alice.open(str(link)))
    assert one(shown, "#field-body").text.strip() == "Half a sen"
    assert one(shown, "#field-date")["value"] == "15/05/20"
    alice.send("/desk/summaries/new/discard", form={"form_key": form["form_key"]})
    assert "1 draft" not in words(alice.open("/desk/summaries"))


def test_unsaved_changes_of_a_published_summary_stay_beside_it(alice: Browser, ada: Browser, db: Database) -> None:
    key = make_summary(db, body="As published.")
    told = autosave(alice, {**form_at(alice, key), "body": "Not yet.", "new_topics": ""}, key).get_json()
    assert told["beside"] is True
    assert stored(db, key).body == "As published."
    shown = page(alice.open(f"/desk/summaries/{key}"))
    assert one(shown, "#field-body").text.strip() == "Not yet."
    assert "These are your unsaved changes" in shown.get_text()
    theirs = words(ada.open(f"/desk/summaries/{key}"))
    assert "Alice has unsaved changes" in theirs
    taken = page(ada.open(f"/desk/summaries/{key}?of=1"))
    assert one(taken, "#field-body").text.strip() == "Not yet."
    alice.send(f"/desk/summaries/{key}", form={**form_at(alice, key), "body": "Not yet."}, act="save")
    assert stored(db, key).body == "Not yet."
    assert "unsaved changes" not in words(alice.open(f"/desk/summaries/{key}"))


@pytest.mark.on_both
def test_two_who_write_are_told_of_each_other_and_both_texts_stay(
    alice: Browser, ada: Browser, clock: time_machine.Traveller
) -> None:
    alice.send("/desk/summaries/new", form=new_form(alice), act="save")
    hers, his = form_at(alice, 1), form_at(ada, 1)
    autosave(alice, {**hers, "body": "Alice wrote this."}, 1)
    told = autosave(ada, {**his, "body": "Ada wrote this."}, 1).get_json()
    assert (told["others"], told["newer_by"], told["beside"]) == (["Alice"], "Alice", True)
    answer = ada.send("/desk/summaries/1", form={**his, "body": "Ada wrote this."}, act="save")
    assert answer.status_code == 409
    shown = page(answer)
    assert "(Alice)" in shown.get_text()
    assert [each.text for each in shown.select(".changes del")] == ["Alice"]
    assert [each.text for each in shown.select(".changes ins")] == ["Ada"]
    assert one(page(ada.open("/desk/summaries/1")), "#field-body").text.strip() == "Ada wrote this."
    ada.send("/desk/summaries/1/discard", form={"form_key": his["form_key"]})
    assert one(page(ada.open("/desk/summaries/1")), "#field-body").text.strip() == "Alice wrote this."
    clock.move_to(TUESDAY + timedelta(seconds=61))
    here = {"csrf_token": alice.token("/desk/account"), "version": "2", "form_key": KEY}
    assert alice.client.post("/desk/summaries/1/here", data=here).get_json()["others"] == []


def test_an_editor_goes_on_with_anothers_words_in_a_form_of_their_own(
    alice: Browser, ada: Browser, db: Database
) -> None:
    hers = new_form(alice, publication="", body="Alice wrote this.")
    autosave(alice, hers)
    link = str(one(page(ada.open("/desk/summaries")), "[data-key-item] a")["href"])
    taken = one(page(ada.open(link)), "#summary-form")
    assert one(taken, "#field-body").text.strip() == "Alice wrote this."
    his = {**hers, "form_key": str(one(taken, "input[name=form_key]")["value"]), "body": "Ada wrote this."}
    assert his["form_key"] != hers["form_key"]
    for form in (his, {**his, "form_key": hers["form_key"]}):  # with her key, too, were it to be learnt
        autosave(ada, {**form, "publication": ""})
    assert one(page(alice.open(link)), "#field-body").text.strip() == "Alice wrote this."
    known = {**hers, "publication": FORM["publication"]}
    alice.send("/desk/summaries/new", form=known, act="save")
    autosave(ada, {**known, "body": "Ada wrote this."}, 1)
    assert stored(db).body == "Alice wrote this."


def test_what_is_too_long_to_be_kept_is_said_to_be_in_the_browser_alone(alice: Browser, db: Database) -> None:
    form = new_form(alice, body="x" * 300_000)
    answer = autosave(alice, form)
    assert answer.status_code == 413
    assert "has 300," in answer.get_json()["error"] and "in this browser only" in answer.get_json()["error"]
    with db.reading() as session:
        assert session.query(WorkingCopy).count() == 0
    kept = alice.send("/desk/summaries/new", form=form, act="save")
    assert "50,000 is the most" in words(kept)
    assert len(one(page(kept), "#field-body").text.strip()) == 300_000, "nothing is lost by pressing save"


@pytest.mark.on_both
def test_what_another_has_typed_outlives_the_draft_that_is_deleted(alice: Browser, ada: Browser) -> None:
    alice.send("/desk/summaries/new", form=new_form(alice, new_topics=""), act="save")
    autosave(ada, {**form_at(ada, 1), "body": "Ada wrote this.", "publication": "Half a na"}, 1)
    alice.send("/desk/summaries/1/delete")
    link = one(page(ada.open("/desk/summaries")), "[data-key-item] a")["href"]
    assert one(page(ada.open(str(link))), "#field-body").text.strip() == "Ada wrote this."


def test_session_that_ends_says_so_to_the_script_which_signs_in_in_place(
    alice: Browser, alice_id: int, db: Database
) -> None:
    form = new_form(alice, new_topics="")
    token = alice.token("/desk/account")
    sign_out_everywhere(db, alice_id)
    late = alice.client.post("/desk/summaries/new/autosave", data={"csrf_token": token, **form}, headers=JSON)
    assert late.status_code == 401
    fresh = alice.client.get("/desk/sign-in/here").get_json()["csrf_token"]
    who = {"csrf_token": fresh, "email": "alice@digest.test"}
    wrong = alice.client.post("/desk/sign-in/here", data={**who, "password": "wrong"})
    assert wrong.status_code == 422 and "don’t belong together" in wrong.get_json()["error"]
    back = alice.client.post("/desk/sign-in/here", data={**who, "password": PASSWORD}).get_json()
    saved = alice.client.post(
        "/desk/summaries/new/autosave", data={"csrf_token": back["csrf_token"], **form}, headers=JSON
    )
    assert saved.get_json()["summary"] == 1


def test_without_scripts_what_was_sent_signed_out_goes_through_the_sign_in(
    alice: Browser, alice_id: int, db: Database
) -> None:
    form = new_form(alice, act="publish")
    token = alice.token("/desk/account")
    sign_out_everywhere(db, alice_id)
    late = alice.client.post("/desk/summaries/new", data={"csrf_token": token, **form})
    assert late.status_code == 401 and "What you typed is kept" in words(late)
    wrong = alice.client.post("/desk/sign-in", data=kept(late) | {"email": "alice@digest.test", "password": "no"})
    again = kept(wrong) | {"email": "alice@digest.test", "password": PASSWORD}
    signed_in = alice.client.post("/desk/sign-in", data=again)
    assert signed_in.status_code == 200 and "Nothing is saved yet" in words(signed_in)
    assert PASSWORD not in signed_in.text
    done = alice.client.post("/desk/summaries/new", data=kept(signed_in))
    assert done.location == "/desk/summaries/1"
    assert stored(db).body == FORM["body"] and len(stored(db).sources) == 2


def test_cookie_that_is_gone_takes_no_word_with_it(alice: Browser, db: Database) -> None:
    form = new_form(alice, act="save")
    alice.client.delete_cookie("digest_desk", path="/desk")
    forged = alice.client.post("/desk/summaries/new", data=form, headers={"Origin": "https://evil.example"})
    assert forged.status_code == 400 and "What you typed is kept" not in words(forged)
    late = alice.client.post("/desk/summaries/new", data=form, headers={"Origin": "http://digest.test"})
    assert late.status_code == 400 and "What you typed is kept" in words(late)
    who = {"email": "alice@digest.test", "password": PASSWORD}
    again = alice.client.post("/desk/sign-in", data=kept(late) | who)
    assert alice.client.post("/desk/summaries/new", data=kept(again)).location == "/desk/summaries/1"
    assert stored(db).body == FORM["body"]


@pytest.mark.on_both
def test_typo_makes_no_publication_without_one_more_press(alice: Browser, db: Database) -> None:
    make_summary(db, publication="Euractiv")
    form = new_form(alice, publication="Euroactiv", publication_choice="", act="publish")
    answer = alice.send("/desk/summaries/new", form=form)
    assert answer.status_code == 422
    shown = page(answer)
    offered = [str(each["value"]) for each in shown.select("button[name=publication_choice]")]
    assert offered == ["use:Euractiv", "make:Euroactiv"]
    assert one(shown, "input[name=act_asked]")["value"] == "publish"
    asked = {**{name: value for name, value in form.items() if name != "act"}, "act_asked": "publish"}
    assert alice.send("/desk/summaries/new", form=asked, publication_choice="use:Euractiv").status_code == 303
    assert stored(db, 2).publication.name == "Euractiv" and stored(db, 2).published_at
    spelt = new_form(alice, publication="EURACTIV ", publication_choice="", act="save")
    assert alice.send("/desk/summaries/new", form=spelt).status_code == 303
    made = new_form(alice, publication="MLex", publication_choice="make:MLex", act="save")
    assert alice.send("/desk/summaries/new", form=made).status_code == 303
    with db.reading() as session:
        assert publication_names(session) == ["Euractiv", "MLex", "i"]


def test_new_form_begins_with_what_the_address_gives(alice: Browser) -> None:
    asked = "title=Fine&date=2024-05-01&publication=CNIL&source=https://example.org/a&source=https://example.org/b"
    shown = page(alice.open(f"/desk/summaries/new?{asked}"))
    values = [one(shown, f"#field-{name}")["value"] for name in ("title", "date", "publication")]
    assert values == ["Fine", "2024-05-01", "CNIL"]
    assert [row["value"] for row in shown.select("input[name=source_url]")][:2] == [
        "https://example.org/a",
        "https://example.org/b",
    ]
