"""The digest before it goes: its previews, what pre-flight says of it, and the proof."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from digest.config import Settings
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.links import LinkFinding
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue
from digest.storage.issues.link_checks import put_link_finding
from digest.storage.people.audit import AuditEntry
from digest.storage.people.editors import Editor
from digest.web.issues.previews import in_scheme
from digest.web.shared.security import MAIL_PREVIEW_CSP
from tests.conftest import TUESDAY, Mailbox, html_of, text_of
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.browser import words as words_on
from tests.web.issues.week import FRIDAY, PAGE, press, the_issue

QUICK = {"HX-Request": "true", "HX-Target": "picks"}


@pytest.fixture
def alice(writer: FlaskClient) -> FlaskClient:
    """Alice, signed in."""
    return writer


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("view", ["wide", "phone", "dark", "text", "inbox"])
def test_previews_run_nothing(alice: FlaskClient, view: str) -> None:
    answer = alice.get(f"{PAGE}/preview/{view}")
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == MAIL_PREVIEW_CSP
    assert "Court annuls fine" in answer.text
    assert "prefers-color-scheme" not in answer.text


def test_a_preview_of_one_choice_of_topics(alice: FlaskClient, db: Database) -> None:
    health = make_summary(db, "On health", topics=["Health"], body="A clinic was hacked.")
    make_issue(db, FRIDAY, [health, make_summary(db, "On AI", topics=["AI"], body="A robot was sued.")])
    page = alice.get(f"{PAGE}/preview/text?topics=health").text
    assert "A clinic was hacked." in page
    assert "A robot was sued." not in page
    assert "On AI" in page, "as a headline"


def test_a_scheme_is_forced() -> None:
    html = '<meta name="color-scheme" content="light dark"><style>@media (prefers-color-scheme: dark) {a{b:c}}</style>'
    assert in_scheme(html, dark=True) == '<meta name="color-scheme" content="dark"><style>@media all {a{b:c}}</style>'
    assert "@media not all {" in in_scheme(html, dark=False)


@pytest.fixture
def by_topics(db: Database, settings: Settings) -> list[int]:
    """An issue on health and AI, and readers of whom some chose."""
    ids = [make_summary(db, "On health", topics=["Health"]), make_summary(db, "Robots sued", topics=["AI"])]
    make_issue(db, FRIDAY, ids, introduction="The robots are in court.")
    make_summary(db, topics=["Sport"])
    for topics in ("", "", "health", "sport"):
        make_subscriber(db, settings, topics=topics)
    return ids


@pytest.mark.usefixtures("by_topics")
def test_the_preview_offers_what_readers_with_topics_see(alice: FlaskClient) -> None:
    page = words_on(alice.get(PAGE))
    for option in (
        "Everything: 2 items, 2 readers",
        "Health: 1 of 2 items in full, 1 reader",
        "AI alone: 1 of 2 items in full",
    ):
        assert option in page
    health = alice.get(f"{PAGE}/preview/text?topics=health").text
    assert "On health" in health
    assert "robots are in court" not in health, "the introduction speaks of what is not in it"
    assert "robots are in court" in alice.get(f"{PAGE}/preview/text?topics=ai").text


@pytest.mark.usefixtures("by_topics")
def test_the_proof_says_who_gets_what(alice: FlaskClient, mailbox: Mailbox) -> None:
    press(alice, "approve")
    proof = " ".join(text_of(mailbox.to("alice@digest.test")[0]).split())
    assert "exactly what 2 readers get (those who chose no topics" in proof
    for sentence in (
        "2 readers get all 2 items in full.",
        "1 reader gets 1 of 2 items in full, by Health.",
        "1 reader gets only headlines: nothing is on the topics they chose.",
    ):
        assert sentence in proof
    assert "2 readers get" in html_of(mailbox.to("alice@digest.test")[0])


def test_a_sender_lets_it_pass_with_a_reason_and_an_editor_does_not(
    alice: FlaskClient, db: Database, three: list[int]
) -> None:
    with db.writing() as session:
        session.get_one(Issue, the_issue(db).id).introduction = "Dear {{name}},"
    press(alice, "approve")
    assert "Pre-flight stops it." in words_on(alice.get(PAGE))
    press(alice, "approve", override="x")
    assert the_issue(db).state == IssueState.OPEN, "a reason has some words"
    with db.writing() as session:
        session.query(Editor).one().may_send = False
    assert press(alice, "approve", override="It is about templates").status_code == 403
    assert "Approve for" not in alice.get(PAGE).text
    assert press(alice, "up", summary=three[1]).status_code == 303
    with db.writing() as session:
        session.query(Editor).one().may_send = True
    press(alice, "approve", override="It is about templates")
    assert the_issue(db).state == IssueState.CLOSED
    with db.reading() as session:
        assert "It is about templates" in " ".join(line.what for line in history_of(session, the_issue(db).id))
        acts = [(line.act, line.who) for line in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert acts == [("overrode pre-flight", "alice@digest.test"), ("approved", "alice@digest.test")]


@pytest.mark.usefixtures("three")
def test_a_dead_link_is_named_with_its_item(alice: FlaskClient, db: Database) -> None:
    with db.writing() as session:
        put_link_finding(session, "https://example.org/story", LinkFinding("dead", "Nothing is there (404)."), TUESDAY)
    assert "Item 1: https://example.org/story is dead. Nothing is there (404)." in words_on(alice.get(PAGE))
