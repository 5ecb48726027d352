"""The desk by keyboard: from a list of feeds to an issue with ten summaries, in a browser, with each press counted."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from digest.storage.issues.issues import current_issue
from digest.storage.issues.selections import selected_summaries
from tests.browser.conftest import Site
from tests.browser.test_journey import ALICE, PASSWORD, ZOE, alice_signs_up_as_editor, look_over, soon, the_mail
from tests.conftest import text_of
from tests.factories import make_subscriber
from tests.feeds.server import Reply, Stranger

_TEN = 10
_SUBJECTS = (
    "hospital envelopes", "school cameras", "airport scanners", "loyalty cards", "tenancy checks",
    "ferry tickets", "library loans", "electric meters", "church registers", "vaccine stocks",
)  # fmt: skip
_BODY = "The authority explains what it decided, and what changes from now on."


@pytest.fixture
def publisher() -> Iterator[Stranger]:
    """One feed with ten entries, and the articles that they lead to."""
    with Stranger() as server:
        now = datetime.now(UTC)
        items = [
            {
                "id": str(number),
                "url": server.url(f"/{number}"),
                "title": f"Decision about {subject}",
                "date_published": (now - timedelta(hours=number)).isoformat(),
            }
            for number, subject in enumerate(_SUBJECTS)
        ]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Coast Authority", "items": items}
        server.answers["/feed.json"] = Reply(
            body=json.dumps(feed).encode(), headers={"Content-Type": "application/json"}
        )
        yield server


@pytest.fixture
def environ_of_live() -> dict[str, str]:
    """The clock of this installation may ask servers on loopback."""
    return {"FEED_NETWORKS": "127.0.0.0/8"}


class Typist:
    """An editor's hands: text does not count, every other press does."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.presses = 0

    def press(self, keys: str) -> None:
        """One press; a chord such as Control+Enter counts each of its keys."""
        self.presses += keys.count("+") + 1
        self._page.keyboard.press(keys)


def test_ten_leads_become_ten_published_summaries_in_under_forty_presses_and_are_sent(
    live: Site, browser: Browser, publisher: Stranger, capsys: pytest.CaptureFixture[str]
) -> None:
    alice_signs_up_as_editor(live)
    make_subscriber(live.db, live.settings, ZOE)
    with browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True) as context:
        page = context.new_page()
        began = time.monotonic()
        _sign_in(page, live)
        _bring_in(page, live, publisher)
        page.goto(f"{live.url}/desk/leads")
        expect(page.locator(".lead-row")).to_have_count(_TEN)
        look_over(page)
        brought_in = time.monotonic()
        typist = Typist(page)
        for left in range(_TEN, 0, -1):
            typist.press("w")
            page.wait_for_url(re.compile(r"/desk/summaries/\d+"))
            expect(page.locator("#field-body")).to_be_focused()
            page.keyboard.insert_text(_BODY)
            typist.press("Control+Enter")
            page.wait_for_url(re.compile(r"/desk/leads$"))
            expect(page.locator(".lead-row")).to_have_count(left - 1)
        assert typist.presses < 40
        written = time.monotonic()
        with live.db.reading() as session:
            issue = current_issue(session)
            assert issue is not None
            carried = selected_summaries(session, issue.id)
            assert sorted(summary.title for summary in carried) == sorted(
                f"Decision about {each}" for each in _SUBJECTS
            )
            assert {summary.body for summary in carried} == {_BODY}
            assert {len(summary.sources) for summary in carried} == {1}
        _send(page, live)
        seconds = [round(until - since) for since, until in ((began, brought_in), (brought_in, written))]
        with capsys.disabled():
            sys.stdout.write(
                f"\nten leads to ten summaries: {typist.presses} presses besides the text, {seconds[1]} s; the list of "
                f"feeds before it {seconds[0]} s, the issue after it {round(time.monotonic() - written)} s\n"
            )


def _send(page: Page, live: Site) -> None:
    """The issue is approved on the desk and sent; its reader gets all ten."""
    page.goto(f"{live.url}/desk/issue")
    page.get_by_role("button", name=re.compile("Approve")).click()
    page.get_by_text("Closed").first.wait_for()
    look_over(page)
    assert "1 accepted, 0 failed" in live.run("send")
    digest = text_of(soon(lambda: the_mail(live, ZOE, "Decision about")))
    assert [subject for subject in _SUBJECTS if f"Decision about {subject}" not in " ".join(digest.split())] == []
    page.goto(f"{live.url}/desk/reports")
    expect(page.get_by_role("row", name=re.compile("Sent 1 1 0 0 0 0 0$"))).to_be_visible()
    look_over(page)


def test_keys_go_through_the_inbox_and_undo(live: Site, browser: Browser, publisher: Stranger) -> None:
    alice_signs_up_as_editor(live)
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        _sign_in(page, live)
        _bring_in(page, live, publisher)
        page.goto(f"{live.url}/desk/leads")
        page.keyboard.press("j")
        expect(page.locator("#pane h2")).to_have_text("Decision about hospital envelopes")
        page.keyboard.press("d")
        expect(page.locator("#pane h2")).to_have_text("Decision about school cameras")
        page.keyboard.press("e")
        expect(page.locator(".is-kept .lead-title")).to_have_text("Decision about school cameras")
        expect(page.locator("[data-count=kept]")).to_have_text("1")
        expect(page.locator("#sweep-count")).to_have_text(f"{_TEN - 2} stories")
        page.keyboard.press("s")
        page.keyboard.press("Enter")
        expect(page.locator(".lead-row:visible")).to_have_count(_TEN - 2)
        for _ in range(3):
            with page.expect_navigation():
                page.keyboard.press("z")
        expect(page.locator(".lead-row")).to_have_count(_TEN)
        page.keyboard.press("?")
        expect(page.get_by_text("Snooze to a day")).to_be_visible()


def _sign_in(page: Page, live: Site) -> None:
    page.goto(f"{live.url}/desk/")
    page.get_by_label("Email").fill(ALICE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url(re.compile("/desk/issue"))


def _bring_in(page: Page, live: Site, publisher: Stranger) -> None:
    """The list of a feed reader comes in on the desk; what it names is asked at once."""
    outline = f'<outline text="Coast Authority" xmlUrl="{publisher.url("/feed.json")}"/>'
    opml = f'<opml version="2.0"><body>{outline}</body></opml>'
    page.goto(f"{live.url}/desk/sources")
    look_over(page)
    page.locator("input[type=file]").set_input_files(
        {"name": "feeds.opml", "mimeType": "text/x-opml", "buffer": opml.encode()}
    )
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_text("1 added").wait_for()
    live.run("feeds", "poll")
