"""The whole path, as people go it: subscribe, confirm, select, send, leave."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from digest.operations.people.password_hashing import hash_password
from digest.storage.people.editors import Editor
from digest.storage.readers.subscribers import subscriber_with_address
from tests.browser.conftest import Site
from tests.conftest import html_of, text_of
from tests.factories import make_editor, make_summary

T = TypeVar("T")

ALICE = "alice@digest.test"
PASSWORD = "seven quiet Fridays"
ZOE = "zoe@example.org"


PHONE, DESK = ViewportSize(width=375, height=800), ViewportSize(width=1280, height=800)


@pytest.mark.parametrize("started", ["served"])
def test_from_the_form_to_the_digest_and_out_again(live: Site, browser: Browser) -> None:
    """With a phone; each page is looked over as it is at a desk, too."""
    make_summary(live.db, "Court annuls a fine", at=datetime.now(UTC))
    alice_signs_up_as_editor(live)
    # The page's own policy forbids the script that looks for faults, so this browser is told to ignore it.
    with browser.new_context(viewport=PHONE, bypass_csp=True) as context:
        reader = context.new_page()
        third_parties = strangers(reader, live.url)
        subscribe_and_confirm(reader, live)
        digest = select_and_send(context.new_page(), live)
        leave(reader, live, digest)
        assert third_parties == []


def alice_signs_up_as_editor(live: Site) -> None:
    editor_id = make_editor(live.db, ALICE)
    with live.db.writing() as session:
        session.get_one(Editor, editor_id).password_hash = hash_password(PASSWORD)


def subscribe_and_confirm(page: Page, live: Site) -> None:
    page.goto(live.url)
    look_over(page)
    page.get_by_label("Your work email").fill(ZOE)
    page.get_by_label("Your work email").press("Enter")
    page.get_by_role("heading", name=re.compile("inbox", re.IGNORECASE)).wait_for()
    look_over(page)
    confirmation = soon(lambda: the_mail(live, ZOE, r"Confirm|confirm"))
    page.goto(link_in(text_of(confirmation), "/confirm/"))
    look_over(page)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_load_state()
    look_over(page)
    with live.db.reading() as session:
        reader = subscriber_with_address(session, ZOE)
        assert reader is not None
        assert reader.state == "confirmed"
    assert page.context.cookies() == []


def select_and_send(page: Page, live: Site) -> EmailMessage:
    page.goto(f"{live.url}/desk/")
    look_over(page)
    page.get_by_label("Email").fill(ALICE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url(re.compile("/desk/issue"))
    page.get_by_role("button", name="Add").first.click()
    page.locator(".pick", has_text="Court annuls a fine").wait_for()
    look_over(page)
    page.get_by_role("button", name=re.compile("Approve")).click()
    page.get_by_text("Closed").first.wait_for()
    look_over(page)
    assert "1 accepted, 0 failed" in live.run("send")
    return soon(lambda: the_mail(live, ZOE, "Court annuls a fine"))


def leave(page: Page, live: Site, digest: EmailMessage) -> None:
    page.set_content(html_of(digest))
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.goto(digest["List-Unsubscribe"].strip("<>"))
    look_over(page)
    page.get_by_role("button", name=re.compile("Unsubscribe")).first.click()
    page.wait_for_load_state()
    look_over(page)
    with live.db.reading() as session:
        reader = subscriber_with_address(session, ZOE)
        assert reader is not None
        assert reader.state == "unsubscribed"


def look_over(page: Page) -> None:
    """Nothing scrolls sideways, and axe finds nothing serious, at a desk and on a phone."""
    was = page.viewport_size
    assert was is not None
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
        found = Axe().run(page).response["violations"]
        serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
        assert serious == [], f"{page.url}: {[(fault['id'], fault['nodes'][0]['html']) for fault in serious]}"
    page.set_viewport_size(was)


def strangers(page: Page, own: str) -> list[str]:
    """Collects every request that the page makes to anyone else."""
    seen: list[str] = []
    page.on("request", lambda request: None if request.url.startswith((own, "data:")) else seen.append(request.url))
    return seen


def the_mail(live: Site, address: str, subject: str) -> EmailMessage | None:
    for path in sorted(live.settings.outbox_path.glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        if message["To"] == address and re.search(subject, message["Subject"]):
            return message
    return None


def link_in(text: str, path: str) -> str:
    found = re.search(rf"https?://\S+{path}\S+", text)
    assert found is not None
    return found[0]


def soon(look: Callable[[], T | None]) -> T:
    """What `look` finds, as soon as it finds anything."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")
