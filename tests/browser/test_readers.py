"""Readers' pages and messages in a browser: no cookie, no stranger asked; a scanner with scripts changes nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from playwright.sync_api import Browser, BrowserContext, Page

from digest.domain.shared.tokens import Purpose, seal
from digest.storage.readers.subscribers import subscriber_with_address
from tests.browser.conftest import Site
from tests.conftest import html_of, text_of
from tests.factories import make_subscriber, make_summary
from tests.web.readers.doors import everything

ALICE, BOB, NEW = "alice@example.org", "bob@example.org", "bob@example.com"
PUBLIC = ("/", "/news", "/issues", "/privacy", "/about", "/about/feeds", "/subscribe", "/not/there")
PATIENCE = 30.0


class Watched:
    """A browser of nobody's, that writes down whom it asks."""

    def __init__(self, context: BrowserContext, own: str) -> None:
        self.context, self.page = context, context.new_page()
        self.strangers: list[str] = []
        context.on("request", lambda request: self._note(request.url, own))

    def _note(self, url: str, own: str) -> None:
        if not url.startswith((own, "data:", "about:")):
            self.strangers.append(url)

    def saw_nobody(self) -> bool:
        """Whether no cookie was set, nothing stored, and no stranger asked."""
        stored = self.page.evaluate("() => location.protocol.startsWith('http') ? localStorage.length : 0")
        return self.context.cookies() == [] and self.strangers == [] and stored == 0


@contextmanager
def watched(browser: Browser, live: Site) -> Iterator[Watched]:
    with browser.new_context() as context:
        yield Watched(context, live.url)


def mails(live: Site, address: str, of: str) -> list[EmailMessage]:
    """The messages to an address whose subject has these words."""
    found = []
    for path in live.settings.outbox_path.glob("*.eml"):
        with suppress(FileNotFoundError):  # erased with its reader meanwhile
            found.append(message_from_bytes(path.read_bytes(), policy=default))
    return [
        one for one in found if isinstance(one, EmailMessage) and one["To"] == address and of in str(one["Subject"])
    ]


def mail(live: Site, address: str, of: str) -> EmailMessage:
    """The same, once it has come."""
    return eventually(lambda: mails(live, address, of))[0]


def eventually(look: Callable[[], list[EmailMessage]]) -> list[EmailMessage]:
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.1)
    return found


def addresses_in(live: Site, message: EmailMessage) -> set[str]:
    return set(re.findall(rf"{re.escape(live.url)}/[^\s\"<>)]*", text_of(message) + html_of(message)))


def post(page: Page, url: str, email: str) -> None:
    page.goto(url)
    page.locator("main input[type=email]").first.fill(email)
    page.locator("main input[type=email]").first.press("Enter")
    page.get_by_role("heading", name=re.compile("inbox")).wait_for()


def test_a_scanner_that_runs_scripts_leaves_readers_as_they_are_and_nobody_is_told(
    live: Site, browser: Browser
) -> None:
    """Every mailed address: of a confirmation, a reminder, one's own page, a move and all that its pages link to."""
    make_summary(live.db, "Court annuls a fine", topics=["Courts"], at=datetime.now(UTC))
    make_subscriber(live.db, live.settings, BOB)
    with watched(browser, live) as person:
        post(person.page, live.url, ALICE)
        post(person.page, live.url, BOB)
        post(person.page, f"{live.url}/privacy", BOB)
        own = next(
            one for one in addresses_in(live, mail(live, BOB, "Your data")) if one.startswith(f"{live.url}/yours/")
        )
        person.page.goto(own)
        person.page.get_by_label("New address").fill(NEW)
        person.page.get_by_role("button", name="Move to this address").click()
        person.page.get_by_role("heading", name="Check the new inbox").wait_for()
        messages = [
            mail(live, ALICE, "Confirm your subscription"),
            mail(live, BOB, "You already receive"),
            mail(live, BOB, "Your data"),
            mail(live, NEW, "Confirm your new address"),
        ]
        assert person.saw_nobody()
    mailed = set().union(*(addresses_in(live, message) for message in messages))
    assert {one.removeprefix(live.url).split("/")[1] for one in mailed} >= {
        "confirm", "unsubscribe", "preferences", "yours",
    }  # fmt: skip
    before = readers_rows(live)
    with watched(browser, live) as scanner:
        for address in sorted(mailed):
            scanner.page.goto(address)
            scanner.page.wait_for_load_state()
            scanner.page.evaluate("() => document.querySelectorAll('a, summary').forEach(one => one.focus())")
        assert scanner.saw_nobody()
    assert readers_rows(live) == before
    with live.db.reading() as session:
        states = [found.state for one in (ALICE, BOB) if (found := subscriber_with_address(session, one))]
    assert states == ["pending", "confirmed"]


def readers_rows(live: Site) -> dict[str, list[tuple[object, ...]]]:
    kept = ("subscribers", "signups", "consent_records", "reader_links", "suppressions")
    rows = everything(live.db)
    return {name: rows[name] for name in kept}


def test_no_public_page_and_no_message_sets_a_cookie_or_asks_a_stranger(live: Site, browser: Browser) -> None:
    summary_id = make_summary(live.db, "Court annuls a fine", topics=["Courts"], at=datetime.now(UTC))
    bob = make_subscriber(live.db, live.settings, BOB)
    secret = live.settings.secret_key
    guarded = [
        f"/unsubscribe/{seal(Purpose.UNSUBSCRIBE, bob.link_key, secret)}",
        f"/preferences/{seal(Purpose.PREFERENCES, bob.link_key, secret)}",
        f"/confirm/{seal(Purpose.CONFIRM, bob.link_key, secret)}",
        f"/yours/{seal(Purpose.YOURS, bob.link_key, secret)}",
    ]
    with watched(browser, live) as reader:
        for path in (*PUBLIC, *guarded, f"/news/euractiv/court-annuls-a-fine/{summary_id}", "/news?q=fine"):
            reader.page.goto(live.url + path)
            reader.page.wait_for_load_state()
            assert reader.saw_nobody(), path
            assert reader.page.get_by_text("No cookie, no tracker, no third party").count() == 1, path
        post(reader.page, live.url, ALICE)
        post(reader.page, f"{live.url}/privacy", BOB)
        reader.page.goto(next(
            one for one in addresses_in(live, mail(live, BOB, "Your data")) if "/yours/" in one
        ))  # fmt: skip
        reader.page.get_by_role("button", name="Erase everything about me").click()
        reader.page.get_by_role("button", name="Erase everything about me").click()
        reader.page.get_by_role("heading", name="Everything about you is erased").wait_for()
        mail(live, BOB, "Everything about you is erased")
        assert reader.saw_nobody()
        for file in live.settings.outbox_path.glob("*.eml"):
            message = message_from_bytes(file.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            reader.page.set_content(html_of(message))
            reader.page.wait_for_load_state()
            assert reader.strangers == [], message["Subject"]
