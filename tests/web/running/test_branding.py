"""The desk makes the publication one's own: pages and mail show it at once, and what is closed stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import pytest
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.domain.running.colours import palette
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.people.audit import AuditEntry
from tests.conftest import TUESDAY, Mailbox, html_of, text_of
from tests.domain.running.test_logos import DRAWN, inside, png
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.browser import Browser, one, page, words

PAGE = "/desk/publication"
FORM = {
    "name": "Daten & Schutz",
    "tagline": "Data protection, once a week",
    "language": "en-GB",
    "accent": "#FFD500",
    "about": "Made by *three* people.",
    "sign_up": "One message each Friday.",
}


def save(browser: Browser, form: Mapping[str, object], **fields: object) -> TestResponse:
    """Send the page's form as it is now, with these words in it."""
    seen = one(page(browser.open(PAGE)), "[name=seen]")["value"]
    return browser.send(PAGE, PAGE, {"seen": seen, **form}, **fields)


def upload(content: bytes, name: str = "logo.svg") -> tuple[BytesIO, str]:
    return BytesIO(content), name


def test_what_an_admin_writes_is_seen_at_once_on_pages_and_in_mail(ada: Browser, mailbox: Mailbox) -> None:
    assert save(ada, FORM).status_code == 303
    front = page(ada.open("/"))
    assert one(front, ".masthead-name").get_text(strip=True) == "Daten & Schutz"
    assert one(front, "h1").get_text() == "Data protection, once a week"
    assert one(front, ".hero .panel p").get_text() == "One message each Friday."
    assert "ask Daten & Schutz to email you" in one(front, "form .hint").get_text()
    assert one(front, "aside em").get_text() == "three"
    assert one(page(ada.open("/about")), ".prose em").get_text() == "three"
    sheet = str(one(front, "link[href^='/branding/']")["href"])
    assert sheet == "/branding/ffd500.css"
    assert "--accent: #ffd500" in ada.open(sheet).text.partition("dark")[2]
    ada.client.post("/subscribe", data={"email": "rita@example.org"})
    message = mailbox.to("rita@example.org")[0]
    assert message["From"] == "Daten & Schutz <editor@digest.test>"
    assert message["Subject"] == "Confirm your subscription to Daten & Schutz"
    assert palette("#ffd500").light.accent in html_of(message)
    assert "#0a5c5a" not in html_of(message)
    assert "to receive Daten & Schutz" in " ".join(text_of(message).split())


def test_a_field_as_the_setting_has_it_follows_the_setting(ada: Browser, db: Database) -> None:
    save(ada, FORM)
    save(ada, FORM | {"name": "Privacy Digest"})
    with db.reading() as session:
        said = [entry.about for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert said[-2:] == ["name, tagline, accent, text about it, sign-up words", "name"]
    save(ada, FORM | {"name": "Privacy Digest"})
    with db.reading() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == len(said)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Give the publication a name."),
        ({"accent": "yellow"}, "six digits"),
        ({"language": "tlh"}, "Choose one of English"),
        ({"name": "a\u202eb"}, "nobody sees"),
        ({"tagline": "x" * 161}, "161 characters"),
        ({"about": "x" * 4001}, "4,001 characters"),
    ],
)
def test_what_can_not_be_used_is_said_and_nothing_typed_is_lost(ada: Browser, typed: dict[str, str], said: str) -> None:
    answer = save(ada, FORM | typed)
    assert answer.status_code == 422
    assert said in words(answer)
    assert one(page(answer), "[name=sign_up]").get_text(strip=True) == FORM["sign_up"]
    assert "Privacy Digest" in words(ada.open("/"))


@pytest.mark.on_both
def test_whoever_saves_second_is_told_and_loses_nothing(ada: Browser, clock: Traveller) -> None:
    old = one(page(ada.open(PAGE)), "[name=seen]")["value"]
    assert save(ada, FORM).status_code == 303
    clock.shift(1)
    assert save(ada, FORM | {"tagline": "Once a week"}).status_code == 303
    for late in (old, ""):
        answer = ada.send(PAGE, PAGE, FORM | {"seen": late, "tagline": "Twice a week"})
        assert answer.status_code == 422
        assert "Somebody else has changed this page" in words(answer)
        assert one(page(answer), "[name=tagline]")["value"] == "Twice a week"
    assert one(page(ada.open("/")), "h1").get_text() == "Once a week"
    again = one(page(answer), "[name=seen]")["value"]
    assert ada.send(PAGE, PAGE, FORM | {"seen": again, "tagline": "Twice a week"}).status_code == 303
    assert one(page(ada.open("/")), "h1").get_text() == "Twice a week"


def test_the_logo_is_served_as_a_drawing_and_nothing_else(ada: Browser) -> None:
    save(ada, FORM, logo=upload(DRAWN), logo_says_name="1")
    image = one(page(ada.open("/")), ".masthead img")
    assert (image["alt"], image["width"], image["height"]) == (FORM["name"], "80", "40")
    assert page(ada.open("/")).select_one(".masthead-name span") is None
    answer = ada.open(str(image["src"]))
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    save(ada, FORM, logo=upload(png(), "logo.svg"))
    other = str(one(page(ada.open("/")), ".masthead img")["src"])
    assert other.endswith(".png")
    assert ada.open(str(image["src"])).mimetype == "image/png"
    assert ada.open(str(image["src"])).headers["Cache-Control"] == "no-store"
    save(ada, FORM, without_logo="1")
    assert page(ada.open("/")).select_one(".masthead img") is None
    assert ada.open(other).status_code == 404


def test_a_hostile_logo_is_refused_and_the_old_one_stays(ada: Browser) -> None:
    save(ada, FORM, logo=upload(DRAWN))
    before = str(one(page(ada.open("/")), ".masthead img")["src"])
    answer = save(ada, FORM, logo=upload(inside("<script>alert(1)</script>")))
    assert answer.status_code == 422
    assert "holds <script>" in words(answer)
    assert save(ada, FORM, logo=upload(b"<" * 50_000)).status_code == 422
    assert one(page(ada.open("/")), ".masthead img")["src"] == before


def test_mail_loads_no_logo(ada: Browser, mailbox: Mailbox) -> None:
    save(ada, FORM, logo=upload(DRAWN), logo_says_name="1")
    ada.client.post("/subscribe", data={"email": "rita@example.org"})
    message = mailbox.to("rita@example.org")[0]
    assert "<img" not in html_of(message)
    assert "Daten &amp; Schutz" in html_of(message)


@pytest.mark.only_on("sqlite")
def test_while_the_database_is_away_pages_keep_the_name_that_they_had(ada: Browser, settings: Settings) -> None:
    save(ada, FORM)
    assert ada.open("/").status_code == 200
    (settings.instance_path / "digest.db").unlink()
    answer = ada.open("/news")
    assert answer.status_code == 503
    assert one(page(answer), ".masthead-name").get_text(strip=True) == FORM["name"]


@pytest.mark.parametrize("path", ["/branding/ffd50.css", "/branding/FFD500.css", "/branding/ffd500;}.css"])
def test_only_a_colour_makes_a_style_sheet(stranger: Browser, path: str) -> None:
    assert stranger.open(path).status_code == 404


def test_a_closed_digest_goes_under_the_name_of_its_proof(ada: Browser, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "everything@example.org")
    make_subscriber(db, settings, "some@example.org", topics="ai")
    ids = [make_summary(db, topics=["AI"]), make_summary(db, topics=["Rights"])]
    issue_id = make_issue(db, summary_ids=ids)
    close_issue(Context(db, settings, TUESDAY), issue_id, "ada@digest.test")
    save(ada, FORM)
    process = Process(db, settings, open_transport(settings), lambda: TUESDAY).branded()
    assert process.settings.site_name == FORM["name"]
    assert freeze(process.context(), issue_id, "ada@digest.test") is Freeze.FROZEN
    send_issue(process, issue_id)
    files = settings.outbox_path.glob("digest-*.eml")
    copies = [message_from_bytes(path.read_bytes(), policy=default) for path in files]
    assert len(copies) == 2
    for copy in copies:
        assert copy["From"] == "Privacy Digest <editor@digest.test>"
        assert copy["List-Id"].startswith("Privacy Digest ")
        html = html_of(copy)
        assert "Privacy Digest" in html
        assert "Schutz" not in html
        assert "#0a5c5a" in html
