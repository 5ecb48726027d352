"""Every page and every form of the demo, on PostgreSQL: what SQLite says and it doesn't shows as an error page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.routing import RequestRedirect

from digest import demo
from digest.config import Settings
from digest.domain.shared.addresses import parse
from digest.domain.shared.tokens import fingerprint
from digest.mail.transports import open_transport
from digest.operations.readers import desk_imports
from digest.operations.running.tick import note_heartbeat
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.messages.messages import queue_message
from digest.storage.sending.deliveries import Delivery
from digest.storage.sources.rules import SourceRule
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import Mailbox
from tests.factories import make_summary
from tests.web.browser import Browser, make_editor_with_password
from tests.web.readers.doors import ask, links_in

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
READER = "rita@example.org"
EACH = 2
"""Pages of one kind that are opened, where the demo has more."""
NOT_SHOWN = {
    "events.sendgrid", "inbound.receive_newsletter",  # by SendGrid
    "desk.newsletter", "desk.newsletter_html",
    "desk.paste", "desk.preview_summary", "desk.autosave_new_summary", "desk.autosave_summary", "desk.be_here",
    "desk.sign_in_here", "desk.issue_progress", "desk.report_live", "desk.import_progress",  # by scripts
    "desk.look_at_lead", "desk.covered",  # by scripts, too
    "desk.choose_on_page",  # for a page that answers
    "desk.tell_correction", "desk.restore",  # after a correction, or a superseding
    "desk.sign_in_now", "desk.password", "desk.set_password", "desk.invite_again", "desk.reactivate",
    "holding.ask", "holding.hold", "readers.subscribe_again",
    "desk.ask_again", "desk.ask_to_confirm", "desk.decide", "desk.decide_now",  # in trouble
    "desk.dismiss_sendgrid_notice",
    "desk.remove_alias",  # of an alias that an editor has typed
    "desk.make_issue",  # where there is no issue yet
    "branding.styles", "branding.logo",  # of a publication that has its own
    "summary_page.picture",  # for other sites, named in a page's head
}  # fmt: skip
"""What no page of the demo leads to; other tests come there."""
BY_NO_LINK = (
    "/desk/forgotten", "/desk/issues", "/robots.txt", "/sitemap.xml", "/sitemap-1.xml", "/health", "/metrics",
    "/favicon.ico",
)  # fmt: skip
OF_NOBODY = ("/unsubscribe/preview", "/preferences/preview")
"""Where a preview's links lead, since it is no reader's copy."""
LAST = ("withdraw", "delete", "erase", "deactivate", "admin", "password", "everywhere", "sign-out")
"""Words of forms that take away what others need, in the order in which that harms least."""


@dataclass(frozen=True)
class Form:
    """A form as a page shows it, with what would be sent by its first button."""

    path: str
    fields: dict[str, str]

    @property
    def turn(self) -> int:
        """When it is sent."""
        return max((place for place, word in enumerate(LAST, 1) if word in self.path), default=0)


class Visitor:
    """Follows every link and notes every form; `met` are the kinds of pages and forms that were met."""

    def __init__(self, app: Flask, browser: Browser) -> None:
        self._kinds = app.url_map.bind("digest.test")
        self._browser = browser
        self._opened: Counter[tuple[str, ...]] = Counter()
        self._seen: set[str] = set()
        self.forms: dict[str, Form] = {}
        self.met: set[str] = set()

    def follow(self, *paths: str) -> None:
        """Open these and all that they lead to."""
        waiting = list(paths)
        while waiting:
            path = waiting.pop(0)
            if path not in self._seen and self._is_wanted(path):
                self._seen.add(path)
                waiting += self._open(path)

    def send(self, form: Form) -> None:
        """Send a form as it stands, and open where it leads to."""
        answer = self._browser.client.post(form.path, data=form.fields, follow_redirects=True)
        assert answer.status_code in (200, 400, 409, 422), f"POST {form.path}: {answer.status_code}"
        self.met.add(self._kind(form.path, "POST"))

    def _is_wanted(self, path: str) -> bool:
        kind = (self._kind(path), *sorted({name for name, _ in parse_qsl(urlsplit(path).query)}))
        self._opened[kind] += 1
        return self._opened[kind] <= EACH

    def _open(self, path: str) -> Iterator[str]:
        with closing(self._browser.client.get(path, follow_redirects=True)) as answer:
            assert answer.status_code == 200, f"GET {path}: {answer.status_code}"
            self.met.add(self._kind(path))
            if answer.mimetype != "text/html":
                return
            path, page = answer.request.path, BeautifulSoup(answer.text, "html.parser")
        for form in page.select("form:not([method=dialog])"):
            yield from self._note(form, path)
        for link in page.select("a[href], link[href], iframe[src], [hx-get]"):
            to = str(link.get("href") or link.get("src") or link["hx-get"])
            yield from _here(urljoin(f"http://digest.test{path}", to))

    def _note(self, form: Tag, path: str) -> Iterator[str]:
        """Keep the first of each kind that is posted; a form that only asks leads to a page."""
        to, fields = str(form.get("action") or path), _fields(form)
        if str(form.get("method", "get")).lower() == "get":
            yield f"{urldefrag(to).url}?{urlencode({name: value or 'a' for name, value in fields.items()})}"
            return
        others = (tag.get("formaction") or tag.get("hx-post") for tag in form.select("[formaction], [hx-post]"))
        for address in (to, *(str(other) for other in others)):
            self.forms.setdefault(re.sub(r"\d+", "1", address), Form(address, fields))

    def _kind(self, path: str, method: str = "GET") -> str:
        try:
            return str(self._kinds.match(urlsplit(path).path, method)[0])
        except RequestRedirect as redirect:
            return self._kind(redirect.new_url, method)


def _here(address: str) -> Iterator[str]:
    """The address without its host and fragment, if it is on this site and leads to a page of somebody."""
    to = urlsplit(address)
    if to.netloc == "digest.test" and to.path not in OF_NOBODY:
        yield to._replace(scheme="", netloc="", fragment="").geturl()


def _fields(form: Tag) -> dict[str, str]:
    """What a browser would send."""
    found = {
        str(tag["name"]): str(tag.get("value", "on"))
        for tag in form.select("input[name]")
        if tag.get("type") not in ("checkbox", "radio") or tag.has_attr("checked")
    }
    found |= {str(tag["name"]): tag.text for tag in form.select("textarea[name]")}
    for choice in form.select("select[name]"):
        option = choice.select_one("option[selected]") or choice.select_one("option")
        found[str(choice["name"])] = str(option["value"]) if option else ""
    for button in form.select("button[name]")[:1]:
        found[str(button["name"])] = str(button.get("value", ""))
    return found


@pytest.fixture
def visitor(app: Flask, db: Database, settings: Settings, clock: time_machine.Traveller) -> Visitor:
    """Zoe, the last of the admins by name, signed in where the demo is loaded."""
    clock.move_to(NOW)
    with closing(open_transport(settings)) as outbox:
        demo.load(db, settings, outbox, NOW)
    note_heartbeat(db, "the clock")
    make_editor_with_password(db, "zoe@digest.test", "Zoe", is_admin=True)
    browser = Browser(app.test_client())
    assert browser.sign_in("zoe@digest.test").status_code == 303
    return Visitor(app, browser)


def refuse_an_erasure(db: Database) -> None:
    with db.writing() as session:
        waiting = queue_message(session, NOW, "erasure", "gone@example.org", ("", "", ""))
        waiting.tries, waiting.detail, waiting.retry_at = 1, "SendGrid answered 403", 1e12


def source_with_a_rule(db: Database) -> int:
    with db.reading() as session:
        return session.query(SourceRule).one().source_id


@pytest.fixture
def banned(visitor: Visitor, db: Database, settings: Settings) -> str:  # noqa: ARG001
    """An address that is suppressed; and a file of readers was tried."""
    context = Context(db, settings, NOW)
    desk_imports.take_in(context, BytesIO(b"email\nno address\n"), "readers.csv", "Yes", "", "alice@digest.test")
    desk_imports.go_on_with_imports(Process(db, settings, open_transport(settings), lambda: NOW))
    address = parse("banned@example.org")
    with db.writing() as session:
        address_hash = fingerprint(address.key, settings.suppression_key)
        suppress(session, address_hash, SuppressionReason.BOUNCE, NOW, "an event")
    return address.key


@pytest.mark.only_on("postgresql")
def test_every_page_opens_and_every_form_is_taken(
    app: Flask, visitor: Visitor, db: Database, mailbox: Mailbox, banned: str
) -> None:
    ask(app.test_client(), READER)
    app.test_client().post("/privacy", data={"email": READER})
    draft, ruled = make_summary(db, published=False), source_with_a_rule(db)
    refuse_an_erasure(db)
    with db.reading() as session:
        copied = session.query(Delivery.subscriber_id).filter(Delivery.subscriber_id.is_not(None)).limit(1).scalar()
    mailed = (path for message in mailbox.read() for path in sorted(links_in(message)))
    visitor.follow(
        "/",
        "/desk",
        f"/desk/summaries/{draft}",
        f"/desk/sources/{ruled}",
        f"/desk/suppressions?q={banned}",
        f"/desk/subscribers/{copied}",
        *BY_NO_LINK,
        *(path for path in mailed if path not in OF_NOBODY),
    )
    for form in sorted(visitor.forms.values(), key=lambda form: form.turn):
        visitor.send(form)
    assert {str(rule.endpoint) for rule in app.url_map.iter_rules()} - visitor.met == NOT_SHOWN
