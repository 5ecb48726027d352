"""Writing in a real browser: nothing typed is lost, whatever the network, the session or the browser do."""

from __future__ import annotations

import re
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, expect

from digest.operations.people.signing_in import sign_out_everywhere
from digest.storage.archive.published import latest_summaries
from digest.storage.people.editors import editor_with_email
from digest.storage.writing.publications import publication_named
from digest.storage.writing.summaries import drafts
from digest.storage.writing.topics import topics_named
from tests.browser.conftest import Site
from tests.browser.test_journey import ALICE, PASSWORD, alice_signs_up_as_editor
from tests.browser.test_pasting import sign_in

STATE = "[data-save-state]"


def test_every_word_survives_network_session_crash_and_back(live: Site, browser: Browser) -> None:
    alice_signs_up_as_editor(live)
    with live.db.writing() as session:
        publication_named(session, "CNIL")
        topics_named(session, ["Biometrics", "Children"])
    with browser.new_context(bypass_csp=True) as context:
        page, asked = _page(context)
        sign_in(page, live)
        page.goto(f"{live.url}/desk/summaries/new")
        assert page.evaluate("document.activeElement.name") == "title"
        page.keyboard.type("Fine for a school")
        expect(page.locator(STATE)).to_have_text(re.compile(r"^Saved \d\d:\d\d"))
        page.get_by_label("Main contributor").fill("CNIL")
        _the_network_fails(page)
        page.reload()  # without “Leave site?”: this browser has kept it
        _what_the_browser_kept_comes_back(page)
        _the_session_ends(page, live)
        page.get_by_label("Find a topic").fill("biom")
        page.keyboard.press("Enter")
        expect(page.get_by_role("checkbox", name="Biometrics")).to_be_checked()
        page.get_by_label("Address of the article").first.fill("https://example.org/fine")
        page.keyboard.press("Control+s")
        expect(page).to_have_url(re.compile(r"/desk/summaries/\d+$"))
        _axe_finds_nothing(page)
        page.keyboard.press("Control+Enter")
        page.get_by_text("Published, and on the issue of").wait_for()
        page.go_back()
        expect(page.get_by_label("Headline")).to_have_value("Fine for a school")
        page.get_by_role("button", name=re.compile("Publish")).click()
        page.locator(".notice.is-good").wait_for()
        page.get_by_label("Summary", exact=False).and_(page.locator("textarea")).press("End")
        page.keyboard.type(" And more.")
        expect(page.locator(STATE)).to_have_text(re.compile("not published yet"))
        page.goto(f"{live.url}/desk/summaries")
        assert asked == [], "no page asked before it was left"
    with live.db.reading() as session:
        (published,) = latest_summaries(session, 9)
        assert published.body == "Typed offline. Signed out."
        assert [topic.name for topic in published.topics] == ["Biometrics"]
        assert drafts(session) == []


def test_what_is_typed_before_the_scripts_are_here_is_kept_and_counted(live: Site, browser: Browser) -> None:
    alice_signs_up_as_editor(live)
    with browser.new_context() as context:
        page = context.new_page()
        sign_in(page, live)
        held: list[Route] = []
        page.route("**/*.js*", lambda script: held.append(script))
        page.goto(f"{live.url}/desk/summaries/new", wait_until="commit")
        page.get_by_label("Headline").fill("A line that is slow")
        page.route("**/*.js*", lambda script: script.continue_())
        for script in held:
            script.continue_()
        expect(page.locator(STATE)).to_have_text(re.compile(r"^Saved \d\d:\d\d"))
        expect(page.get_by_text("19 of about 80")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Headline")).to_have_value("A line that is slow")


def _page(context: BrowserContext) -> tuple[Page, list[str]]:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page = context.new_page()
    page.on("dialog", note)
    return page, asked


def _the_network_fails(page: Page) -> None:
    page.route("**/autosave", lambda route: route.abort())
    page.locator("#field-body").fill("Typed offline.")
    expect(page.locator(STATE)).to_have_text("Can’t reach the site; kept in this browser")


def _what_the_browser_kept_comes_back(page: Page) -> None:
    page.unroute("**/autosave")
    page.get_by_role("button", name="Put them into the form").click()
    expect(page.locator("#field-body")).to_have_value("Typed offline.")
    expect(page.locator(STATE)).to_have_text(re.compile(r"^Saved"))


def _the_session_ends(page: Page, live: Site) -> None:
    with live.db.reading() as session:
        alice = editor_with_email(session, ALICE)
        assert alice is not None
    sign_out_everywhere(live.db, alice.id)
    page.locator("#field-body").press("End")
    page.keyboard.type(" Signed out.")
    password: Callable[[str], None] = page.get_by_label(f"Password of {ALICE}").fill
    password("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("don’t belong together").wait_for()
    password(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(STATE)).to_have_text(re.compile(r"^Saved"))


def _axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
