"""Who gets through which door: every route of the URL map, every role as `docs/access.md` has it, every forged form."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.browser import Browser, make_editor_with_password, page
from tests.web.shared.access import ADMIN, EDITOR, NOBODY, SENDER, Door, doors, lowest_roles


@pytest.fixture
def content(db: Database, settings: Settings) -> None:
    """One of everything, so that id 1 exists."""
    make_subscriber(db, settings)
    make_issue(db, summary_ids=[make_summary(db)])


@pytest.fixture
def writer(app: Flask, db: Database) -> Browser:
    """Wim, signed in, who writes and selects, and lets no issue go."""
    editor_id = make_editor_with_password(db, "wim@digest.test", "Wim")
    with db.writing() as session:
        session.get_one(Editor, editor_id).may_send = False
    return signed_in(app, "wim@digest.test")


def signed_in(app: Flask, email: str) -> Browser:
    browser = Browser(app.test_client())
    assert browser.sign_in(email).status_code == 303
    return browser


def doors_for(app: Flask, *roles: str, method: str = "") -> list[Door]:
    """The doors whose lowest role is one of these, those that end a session at last."""
    told = lowest_roles()
    found = [door for door in doors(app) if told[str(door)] in roles and method in ("", door.method)]
    return sorted(found, key=lambda door: "sign-out" in door.address)


def desk_forms(app: Flask) -> list[Door]:
    return [door for door in doors(app) if door.method != "GET" and door.address.startswith("/desk")]


def is_let_in(answer: TestResponse) -> bool:
    return answer.status_code not in (401, 403) and not (answer.location or "").startswith("/desk/sign-in")


def test_every_door_is_in_the_document_and_leads_somewhere(app: Flask) -> None:
    there = {str(door): door.endpoint for door in doors(app)}
    told = lowest_roles()
    assert there.keys() == told.keys()
    assert {door for door, role in told.items() if role != NOBODY} <= {door for door in there if " /desk" in door}
    assert all(there[door].startswith("desk.") for door in told if " /desk" in door)


@pytest.mark.usefixtures("content")
def test_stranger_is_sent_to_sign_in_everywhere(app: Flask, stranger: Browser) -> None:
    token = stranger.token()
    for door in doors_for(app, EDITOR, SENDER, ADMIN):
        answer = stranger.client.open(door.url, method=door.method, data={"csrf_token": token})
        assert answer.status_code == 302, door
        assert answer.location.startswith("/desk/sign-in")


@pytest.mark.usefixtures("content")
def test_stranger_is_let_in_where_everybody_is(app: Flask, stranger: Browser) -> None:
    token = stranger.token()
    for door in doors_for(app, NOBODY):
        answer = stranger.client.open(door.url, method=door.method, data={"csrf_token": token})
        assert answer.status_code not in (401, 403, 500), door


@pytest.mark.usefixtures("content")
def test_editor_is_refused_what_is_for_admins(app: Flask, alice: Browser) -> None:
    token = alice.token("/desk/account")
    for door in doors_for(app, ADMIN):
        answer = alice.client.open(door.url, method=door.method, data={"csrf_token": token})
        assert answer.status_code == 403, door


@pytest.mark.usefixtures("content")
def test_who_only_writes_is_refused_what_lets_an_issue_go(app: Flask, writer: Browser) -> None:
    token = writer.token("/desk/account")
    for door in doors_for(app, SENDER, ADMIN):
        answer = writer.client.open(door.url, method=door.method, data={"csrf_token": token})
        assert answer.status_code == 403, door


@pytest.mark.usefixtures("content")
def test_each_role_is_let_in_where_it_may(app: Flask, writer: Browser, alice: Browser, ada: Browser) -> None:
    for role, browser in ((EDITOR, writer), (SENDER, alice), (ADMIN, ada)):
        for door in doors_for(app, role, method="GET"):
            assert is_let_in(browser.open(door.url)), door
        token = browser.token("/desk/account")
        for door in doors_for(app, role, method="POST"):
            answer = browser.client.post(door.url, data={"csrf_token": token})
            assert is_let_in(answer) or "sign-out" in door.address, door
            assert answer.status_code < 500, door


@pytest.mark.usefixtures("content")
def test_post_without_token_is_refused_everywhere(app: Flask, ada: Browser, stranger: Browser) -> None:
    for door in desk_forms(app):
        for browser in (ada, stranger):
            assert browser.client.open(door.url, method=door.method).status_code == 400, door


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://digest.test.evil.example"])
def test_post_from_another_site_is_refused_everywhere(app: Flask, ada: Browser, origin: str) -> None:
    token = ada.token("/desk/account")
    for door in desk_forms(app):
        form = {"csrf_token": token}
        answer = ada.client.open(door.url, method=door.method, data=form, headers={"Origin": origin})
        assert answer.status_code == 400, door


def test_form_from_our_own_site_is_taken(ada: Browser) -> None:
    form = {"csrf_token": ada.token("/desk/account"), "name": "Ada Byron"}
    answer = ada.client.post("/desk/account/name", data=form, headers={"Origin": "http://digest.test"})
    assert answer.status_code == 303


@pytest.mark.usefixtures("content")
def test_admin_may_open_every_page_and_every_form_carries_its_token(app: Flask, ada: Browser) -> None:
    for door in doors_for(app, EDITOR, SENDER, ADMIN, method="GET"):
        answer = ada.open(door.url)
        assert answer.status_code in (200, 302, 404), door
        for form in page(answer).find_all("form", method="post") if answer.mimetype == "text/html" else []:
            assert form.find("input", {"name": "csrf_token"}), door


def test_signed_out_htmx_request_is_told_to_sign_in(stranger: Browser) -> None:
    form = {"csrf_token": stranger.token()}
    answer = stranger.client.post("/desk/summaries/preview", data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/desk/sign-in")
