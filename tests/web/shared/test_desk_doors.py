"""Who gets through which door of the desk: every route of the URL map, every role, every forged form."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.browser import Browser, page

OPEN = {
    "desk.sign_in", "desk.sign_in_now", "desk.sign_in_here", "desk.sign_in_here_now",
    "desk.forgotten", "desk.ask_for_link", "desk.password", "desk.set_password",
}  # fmt: skip
ADMINS = {
    "desk.editors", "desk.invite", "desk.invite_again", "desk.deactivate", "desk.deactivate_now",
    "desk.reactivate", "desk.subscribers", "desk.subscriber", "desk.erase_subscriber", "desk.erase_subscriber_now",
    "desk.consent_of_subscriber", "desk.erasures", "desk.erasure", "desk.erasure_done",
    "desk.copy_again", "desk.copy_again_now",
    "desk.outbox", "desk.outbox_message", "desk.outbox_html", "desk.outbox_source",
    "desk.report_csv", "desk.set_role", "desk.audit", "desk.operating", "desk.publication", "desk.change_publication",
}  # fmt: skip
SENDERS = {
    "desk.ask_about_issue",
    "desk.act_on_issue",
    "desk.decide",
    "desk.decide_now",
    "desk.ask_again",
    "desk.ask_to_confirm",
}
"""Who may let an issue go; an admin is a sender, too."""
ANYBODYS = ("/cancel-send-now", "/test")
"""Acts on an issue that every editor may do."""
VALUES = {
    "handle": "0" * 12,
    "token": "x" * 43,
    "name": "message-00000001.eml",
    "send_date": "2024-05-17",
    "day": "2024-05-17",
}


@pytest.fixture
def content(db: Database, settings: Settings) -> None:
    """One of everything, so that id 1 exists."""
    make_subscriber(db, settings)
    make_issue(db, summary_ids=[make_summary(db)])


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if str(rule.endpoint).startswith("desk.")]


def _url(rule: Rule) -> str:
    built = rule.build({name: _value(name, converter) for name, converter in rule._converters.items()})
    assert built is not None, f"{rule}"
    return built[1]


def _urls(rule: Rule) -> list[str]:
    """Its address with every word that it may have: one door each."""
    words = {
        name: converter.items for name, converter in rule._converters.items() if isinstance(converter, AnyConverter)
    }
    if not words:
        return [_url(rule)]
    ((name, all_words),) = words.items()
    values = {other: _value(other, converter) for other, converter in rule._converters.items()}
    built = [rule.build(values | {name: word}) for word in sorted(all_words)]
    return [each[1] for each in built if each]


def _value(name: str, converter: BaseConverter) -> object:
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else VALUES[name]


def _methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})


def test_every_route_of_the_desk_is_on_its_blueprint(app: Flask) -> None:
    under_desk = {str(rule.endpoint) for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk")}
    assert under_desk == {str(rule.endpoint) for rule in _rules(app)}
    assert under_desk >= OPEN | ADMINS | SENDERS


@pytest.mark.usefixtures("content")
def test_stranger_is_sent_to_sign_in_everywhere(app: Flask, stranger: Browser) -> None:
    token = stranger.token()
    for rule in _rules(app):
        if rule.endpoint in OPEN:
            continue
        for method in _methods(rule):
            answer = stranger.client.open(_url(rule), method=method, data={"csrf_token": token})
            assert answer.status_code == 302, f"{method} {rule}"
            assert answer.location.startswith("/desk/sign-in")


@pytest.mark.usefixtures("content")
def test_editor_is_refused_what_is_for_admins(app: Flask, alice: Browser) -> None:
    token = alice.token("/desk/account")
    for rule in _rules(app):
        if rule.endpoint in ADMINS:
            for method in _methods(rule):
                answer = alice.client.open(_url(rule), method=method, data={"csrf_token": token})
                assert answer.status_code == 403, f"{method} {rule}"


@pytest.mark.usefixtures("content")
def test_who_only_writes_is_refused_what_lets_an_issue_go(app: Flask, db: Database, alice: Browser) -> None:
    with db.writing() as session:
        session.query(Editor).filter_by(email="alice@digest.test").one().may_send = False
    token = alice.token("/desk/account")
    for rule in _rules(app):
        for method in _methods(rule) if rule.endpoint in SENDERS | ADMINS else []:
            for url in _urls(rule):
                answer = alice.client.open(url, method=method, data={"csrf_token": token})
                free = url.endswith(ANYBODYS)
                assert (answer.status_code == 403) is not free, f"{method} {url}"


@pytest.mark.usefixtures("content")
def test_editor_and_admin_may_open_the_rest(app: Flask, alice: Browser, ada: Browser) -> None:
    for rule in _rules(app):
        if _methods(rule) != ["GET"] or rule.endpoint in OPEN:
            continue
        url = _url(rule)
        assert ada.open(url).status_code in (200, 302, 404), f"{rule}"
        if rule.endpoint not in ADMINS:
            assert alice.open(url).status_code in (200, 302, 404), f"{rule}"


@pytest.mark.usefixtures("content")
def test_post_without_token_is_refused_everywhere(app: Flask, ada: Browser, stranger: Browser) -> None:
    for rule in _rules(app):
        for method in set(_methods(rule)) - {"GET"}:
            for browser in (ada, stranger):
                answer = browser.client.open(_url(rule), method=method)
                assert answer.status_code == 400, f"{method} {rule}"


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://digest.test.evil.example"])
def test_post_from_another_site_is_refused_everywhere(app: Flask, ada: Browser, origin: str) -> None:
    token = ada.token("/desk/account")
    for rule in _rules(app):
        for method in set(_methods(rule)) - {"GET"}:
            url = _url(rule)
            answer = ada.client.open(url, method=method, data={"csrf_token": token}, headers={"Origin": origin})
            assert answer.status_code == 400, f"{method} {rule}"


def test_form_from_our_own_site_is_taken(ada: Browser) -> None:
    form = {"csrf_token": ada.token("/desk/account"), "name": "Ada Byron"}
    answer = ada.client.post("/desk/account/name", data=form, headers={"Origin": "http://digest.test"})
    assert answer.status_code == 303


@pytest.mark.usefixtures("content")
def test_every_form_on_the_desk_carries_its_token(app: Flask, ada: Browser) -> None:
    for rule in _rules(app):
        if _methods(rule) != ["GET"] or rule.endpoint in OPEN:
            continue
        answer = ada.open(_url(rule))
        for form in page(answer).find_all("form", method="post") if answer.mimetype == "text/html" else []:
            assert form.find("input", {"name": "csrf_token"}), f"{rule}"


def test_signed_out_htmx_request_is_told_to_sign_in(stranger: Browser) -> None:
    form = {"csrf_token": stranger.token()}
    answer = stranger.client.post("/desk/summaries/preview", data=form, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/desk/sign-in")
