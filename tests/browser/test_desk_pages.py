"""The desk's quieter pages in a browser: nothing scrolls sideways, and axe finds nothing, with the size of targets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from digest.feeds.newsletters.mails import NewsletterMail
from digest.mail.transports import open_transport
from digest.operations.readers import desk_imports
from digest.operations.shared.context import Context, Process
from digest.operations.sources.receiving import receive, watch_newsletter
from digest.operations.writing import ending, naming
from digest.storage.people.editors import Editor
from digest.storage.sources.newsletters import Newsletter
from digest.storage.sources.sources import WatchedSource
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from digest.storage.writing.names import PUBLICATIONS, id_of_name
from tests.browser.conftest import Site
from tests.browser.test_journey import ALICE, PASSWORD, alice_signs_up_as_editor
from tests.conftest import TUESDAY
from tests.factories import make_lead, make_source, make_subscriber, make_summary

_MAIL = '<h1>Our week</h1><p>See <a href="https://example.org/a">a decision on letters that named patients</a>.</p>'
_TARGETS = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}


@pytest.fixture
def pages(live: Site) -> list[str]:
    """Addresses of pages, with something on each."""
    alice_signs_up_as_editor(live)
    with live.db.writing() as session:
        session.query(Editor).one().is_admin = True
    context = Context(live.db, live.settings, datetime.now(UTC))  # the site's clock tidies up what is old
    source, lead, old = make_source(live.db), make_lead(live.db, "Fine"), make_summary(live.db, publication="Gazette")
    make_summary(live.db, publication="Other", topics=("Fines",))
    with live.db.reading() as session:
        cnil = id_of_name(session, PUBLICATIONS, "CNIL") or 0
    naming.also_call(context, PUBLICATIONS, cnil, "Commission", ALICE)
    ending.withdraw(context, old, "It was of another hospital.", ALICE)
    mail = watch_newsletter(context, "CNIL", ALICE)
    assert isinstance(mail, int)
    with live.db.reading() as session:
        key = session.get_one(WatchedSource, mail).mail_key or ""
    receive(context, key, NewsletterMail("<1@example.org>", "news@example.org", "Our week", _MAIL, "In plain text"))
    with live.db.reading() as session:
        message = session.query(Newsletter).one().id
    reader, on_its_way = _readers(live)
    return [
        "/desk/subscribers", f"/desk/subscribers/{reader}", f"/desk/subscribers/{reader}/address",
        "/desk/subscribers/add", "/desk/subscribers/import", f"/desk/subscribers/imports/{on_its_way}",
        "/desk/suppressions?q=bad@example.org",
        "/desk/publications", f"/desk/publications/{cnil}", f"/desk/publications/{cnil}/merge?into=Gazette",
        "/desk/topics", "/desk/audit", f"/desk/sources/{source}?kind=keep_out&rule=a", f"/desk/sources/{mail}",
        f"/desk/sources/{mail}/mail/{message}", f"/desk/sources/{source}/remove", f"/desk/leads/{lead}",
        "/desk/leads/new", f"/desk/summaries/{old}", f"/desk/summaries/{old}/history", "/desk/summaries",
    ]  # fmt: skip


def _readers(live: Site) -> tuple[int, int]:
    """A reader, and an import that was tried; somebody is suppressed."""
    banned = make_subscriber(live.db, live.settings, "bad@example.org")
    with live.db.writing() as session:
        suppress(session, banned.address_hash, SuppressionReason.COMPLAINT, TUESDAY, "an event")
    context = Context(live.db, live.settings, TUESDAY)
    file = BytesIO(b"email\nnew@example.org\nno address\n")
    tried = desk_imports.take_in(context, file, "readers.csv", "I want the digest", "", ALICE)
    desk_imports.go_on_with_imports(
        Process(live.db, live.settings, open_transport(live.settings), lambda: datetime.now(UTC))
    )
    return banned.id, tried


def test_axe_finds_nothing(live: Site, browser: Browser, pages: list[str]) -> None:
    with browser.new_context(bypass_csp=True) as context:
        page = context.new_page()
        page.goto(f"{live.url}/desk/")
        page.get_by_label("Email").fill(ALICE)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.wait_for_url(re.compile("/desk/issue"))
        for path in pages:
            answer = page.goto(f"{live.url}{path}")
            assert answer is not None and answer.status == 200, path
            _look_over(page)
        page.goto(f"{live.url}/desk/sources")
        page.get_by_label("Address of a feed").fill("https://gazette.example")
        page.get_by_label("Publication (else its own title)").fill("Gazete")
        page.get_by_role("button", name="Watch it").click()
        expect(page.get_by_role("button", name="Gazette", exact=True)).to_be_visible()
        _look_over(page)


def _look_over(page: Page) -> None:
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        found = Axe().run(page, options=_TARGETS).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == [], f"{page.url} at {width}"
