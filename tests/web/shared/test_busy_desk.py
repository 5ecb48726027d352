"""Somebody else writes all the while: editors go on reading, and lose no word."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.writing.summaries import drafts
from tests.conftest import TUESDAY
from tests.factories import make_issue
from tests.web.browser import PASSWORD, Browser, words
from tests.web.shared.busy import be_impatient, kept, someone_writes
from tests.web.writing.test_writing import FORM

pytestmark = pytest.mark.on_both


@pytest.fixture
def patient_no_more(app: Flask) -> None:
    be_impatient(app)


@pytest.mark.usefixtures("patient_no_more")
def test_what_an_editor_wrote_stays_in_the_form_and_is_saved_by_the_next_press(
    alice: Browser, db: Database, settings: Settings
) -> None:
    with someone_writes(settings):
        answer = alice.send("/desk/summaries/new", form={**FORM, "act": "save"})
    assert answer.status_code == 503
    assert "This is not saved yet" in words(answer)
    typed = {name: values for name, values in kept(answer).items() if name != "act"}
    assert typed["body"] == [FORM["body"]] and typed["source_url"][:2] == [FORM["source_url"][0], FORM["source_url"][2]]  # type: ignore[index]
    assert "data-unsaved" in answer.text, "leaving the page asks first"
    assert alice.client.post("/desk/summaries/new", data=typed | {"act": "save"}).status_code == 303
    with db.reading() as session:
        assert [(draft.title, draft.body) for draft in drafts(session)] == [(FORM["title"], FORM["body"])]


@pytest.mark.usefixtures("patient_no_more")
def test_words_around_an_issue_are_kept_where_a_browser_runs_no_scripts(
    alice: Browser, db: Database, settings: Settings
) -> None:
    make_issue(db)
    introduction = "A week of fines.\n\nAnd one of courts."
    with someone_writes(settings):
        answer = alice.send("/desk/issues/2024-05-17/words", subject="", preheader="", introduction=introduction)
    assert answer.status_code == 503
    assert kept(answer)["introduction"] == [introduction]
    assert alice.client.post("/desk/issues/2024-05-17/words", data=kept(answer)).status_code == 303


@pytest.mark.usefixtures("patient_no_more")
def test_no_page_holds_a_password(alice: Browser, settings: Settings) -> None:
    token = alice.token("/desk/account")
    with someone_writes(settings):
        fields = {"csrf_token": token, "email": "alice@digest.test", "password": PASSWORD}
        answer = alice.client.post("/desk/sign-in", data=fields)
    assert answer.status_code == 503
    assert PASSWORD not in answer.text
    assert kept(answer) == {"csrf_token": [token], "email": ["alice@digest.test"], "password": [""]}


@pytest.mark.parametrize("path", ["/desk/issue", "/desk/summaries", "/desk/reports", "/desk/account"])
def test_the_desk_is_read_meanwhile_though_it_has_something_to_note(
    alice: Browser, app: Flask, settings: Settings, clock: time_machine.Traveller, path: str
) -> None:
    be_impatient(app, seconds=60)  # a page that waited would take a minute
    clock.move_to(TUESDAY + timedelta(minutes=5))
    began = _real_time()
    with someone_writes(settings):
        assert alice.open(path).status_code in (200, 302)
    assert _real_time() - began < timedelta(seconds=20)


@pytest.mark.usefixtures("patient_no_more")
def test_the_desk_makes_the_issue_once_nobody_writes(alice: Browser, settings: Settings) -> None:
    with someone_writes(settings):
        answer = alice.send("/desk/issue")
    assert answer.status_code == 503
    assert alice.client.post("/desk/issue", data=kept(answer)).status_code == 303
    assert "Friday 17 May 2024" in words(alice.open("/desk/issue"))


def _real_time() -> datetime:
    return datetime.fromtimestamp(time_machine.escape_hatch.time.time(), TUESDAY.tzinfo)
