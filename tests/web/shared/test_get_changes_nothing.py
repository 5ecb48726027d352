"""GET changes nothing: every page there is, opened by an admin and by a reader, leaves every row as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import product

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, Rule

from digest import demo
from digest.config import Settings
from digest.demo.people import PASSWORD
from digest.domain.issues.lifecycle import IssueState
from digest.domain.shared.tokens import Purpose, fingerprint, seal
from digest.domain.sources.states import SourceKind
from digest.mail.transports import open_transport
from digest.operations.issues.closing import close_issue
from digest.operations.people.logins import invite
from digest.operations.readers import desk_imports
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import Closing, Issue
from digest.storage.messages.messages import queue_message
from digest.storage.people.desk_sessions import DeskSession
from digest.storage.people.editors import Editor
from digest.storage.readers.reader_imports import ReaderImport
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.running import schema
from digest.storage.running.branding import DeskBranding
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import Delivery
from digest.storage.sources.leads import Lead
from digest.storage.sources.newsletters import Newsletter
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.summaries import Summary, drafts
from tests.web.browser import Browser, make_editor_with_password
from tests.web.readers.doors import ask, everything

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ERASED = "gone@example.org"
QUESTIONS = ("/news?q=fine", "/news?topic=ai", "/desk/subscribers?q=a&state=confirmed", "/desk/summaries?q=fine")
_LEADS_ON = {
    "readers.subscribe_again": 302,
    "desk.home": 302,
    "desk.issues": 302,
    "desk.sign_in": 302,
    "desk.ask_again": 302,
    "service.icon": 301,
    "service.health": 503,
}
"""What an admin is answered where that is no page: it leads to one, or no clock runs."""

Rows = dict[str, list[tuple[object, ...]]]


def rows(db: Database) -> Rows:
    """Every row of every table, but for the moment at which a browser that is signed in was last seen."""
    found = everything(db)
    seen_at = list(schema.metadata.tables[DeskSession.__tablename__].columns.keys()).index("seen_at")
    sessions = found[DeskSession.__tablename__]
    found[DeskSession.__tablename__] = [(*row[:seen_at], *row[seen_at + 1 :]) for row in sessions]
    return found


@pytest.fixture
def published(db: Database, settings: Settings, app: Flask, clock: time_machine.Traveller) -> None:
    """The demo a while on: its issue is closed, a reader has asked, an editor is invited."""
    clock.move_to(NOW)
    with closing(open_transport(settings)) as transport:
        demo.load(db, settings, transport, NOW)
    ask(app.test_client(), "dora@example.org")
    app.test_client().post("/privacy", data={"email": "dora@example.org"})
    invite(Context(db, settings, NOW), "admin@example.org", "carol@example.org", "Carol", admin=False)
    file = BytesIO(b"email\nnew@example.org\n")
    desk_imports.take_in(Context(db, settings, NOW), file, "readers.csv", "Yes", "", "admin@example.org")
    with db.writing() as session:
        source_id = session.query(WatchedSource.id).filter_by(kind=SourceKind.MAIL).limit(1).scalar()
        session.add(Newsletter(source_id=source_id, message_hash="1", subject="Our week", received_at=NOW))
        logo = {"logo": b"<svg/>", "logo_kind": "svg", "logo_key": "0" * 32, "logo_width": 64, "logo_height": 32}
        session.add(DeskBranding(id=1, changed_at=NOW, **logo))
    with db.reading() as session:
        issue_id = session.query(Issue.id).filter_by(state=IssueState.OPEN).order_by(Issue.send_date).limit(1).scalar()
    close_issue(Context(db, settings, NOW), issue_id, "admin@example.org")
    with db.writing() as session:
        waiting = queue_message(session, NOW, "erasure", ERASED, ("", "", ""))
        waiting.tries, waiting.detail, waiting.retry_at = 1, "SendGrid answered 403", 1e12


def get_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint != "static"]


class Addresses:
    """What can stand in an address of the demo's site."""

    def __init__(self, db: Database, settings: Settings) -> None:
        with db.reading() as session:
            copy = session.query(Delivery).filter(Delivery.subscriber_id.is_not(None)).first()
            summary = session.query(Summary).filter(Summary.published_at.is_not(None)).first()
            reader = session.query(Subscriber).filter_by(state=SubscriberState.CONFIRMED).first()
            draft = drafts(session)[0]
            leads = {lead.state: lead.id for lead in session.query(Lead)}
            sources = {source.state: source.id for source in session.query(WatchedSource)}
            assert copy
            assert summary
            assert reader
            batches = {batch.state: batch for batch in session.query(Batch)}.values()
            issues = [*{issue.state: issue for issue in session.query(Issue)}.values()]
            issues += [session.get_one(Issue, batch.issue_id) for batch in batches]
            days = sorted({issue.send_date.isoformat() for issue in issues})
            self._values: dict[str, list[object]] = {
                "day": [*days],
                "iso_date": [*days],
                "batch_id": [batch.id for batch in batches],
                "subscriber_id": [copy.subscriber_id],
                "delivery_id": [copy.id],
                "import_id": [session.query(ReaderImport.id).scalar()],
                "editor_id": [session.query(Editor.id).filter_by(is_admin=False).limit(1).scalar()],
                "summary_id": [summary.id, draft.id],
                "lead_id": [*leads.values()],
                "source_id": [*sources.values(), session.query(Newsletter.source_id).limit(1).scalar()],
                "newsletter_id": [session.query(Newsletter.id).limit(1).scalar()],
                "publication_slug": [summary.publication.slug],
                "slug": [summary.slug, summary.publication.slug, summary.topics[0].slug],
                "row_id": [summary.publication.id, summary.topics[0].id],
                "accent": ["ffd500"],
                "key": [session.query(DeskBranding.logo_key).scalar()],
                "number": [1],
                "handle": [fingerprint(ERASED, settings.suppression_key)[:12]],
                "name": [max(settings.outbox_path.glob("*.eml")).name],
            }
            keys = {
                "reader_links.confirm_page": (Purpose.CONFIRM, session.query(SignUp.key).limit(1).scalar()),
                "reader_links.unsubscribe_page": (Purpose.UNSUBSCRIBE, reader.link_key),
                "reader_links.preferences_page": (Purpose.PREFERENCES, reader.link_key),
                "yours.page": (Purpose.YOURS, session.query(ReaderLink.key).limit(1).scalar()),
                "yours.data": (Purpose.YOURS, session.query(ReaderLink.key).limit(1).scalar()),
                "holding.ask": (
                    Purpose.HOLD,
                    session.query(Closing.hold_key).order_by(Closing.id.desc()).limit(1).scalar(),
                ),
                "desk.password": (
                    Purpose.PASSWORD,
                    session.query(Editor.password_key).filter(Editor.password_key.is_not(None)).limit(1).scalar(),
                ),
            }
        self._tokens = {
            endpoint: seal(purpose, key, settings.secret_key) for endpoint, (purpose, key) in keys.items() if key
        }

    def of(self, rule: Rule) -> Iterator[str]:
        """Every address that this route has with these values."""
        names = sorted(rule.arguments)
        for chosen in product(*(self._choices(rule, name) for name in names)):
            built = rule.build(dict(zip(names, chosen, strict=True)))
            assert built
            yield built[1]

    def _choices(self, rule: Rule, name: str) -> list[object]:
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            return [*sorted(converter.items)]
        return [self._tokens[rule.endpoint]] if name == "token" else self._values[name]


class Touched:
    """Whether anybody wrote to the SQLite database at all: most pages don't, and then no row needs to be compared."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = self._read()

    def since(self) -> bool:
        """Since it was last asked."""
        before, self._version = self._version, self._read()
        return self._version != before

    def _read(self) -> int:
        """Another number after every commit of another connection: https://www.sqlite.org/pragma.html#pragma_data_version."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])


@pytest.fixture
def touched(settings: Settings, app: Flask) -> Iterator[Touched]:  # noqa: ARG001
    with closing(sqlite3.connect(settings.instance_path / "digest.db")) as connection:
        yield Touched(connection)


def signed_in(app: Flask, email: str, password: str) -> FlaskClient:
    browser = Browser(app.test_client())
    assert browser.sign_in(email, password).status_code == 303
    return browser.client


@pytest.mark.only_on("sqlite")
@pytest.mark.usefixtures("published")
def test_no_page_of_a_publication_changes_a_row(
    app: Flask, db: Database, settings: Settings, clock: time_machine.Traveller, touched: Touched
) -> None:
    admin, reader = signed_in(app, "admin@example.org", PASSWORD), app.test_client()
    clock.move_to(NOW + timedelta(minutes=10))
    addresses, before = Addresses(db, settings), rows(db)
    assert touched.since(), "it must see what others write"
    for rule in get_rules(app):
        asked = [*addresses.of(rule)]
        seen = {admin.get(address).status_code for address in asked}
        assert seen & {_LEADS_ON.get(rule.endpoint, 200)}, f"{rule} was never reached: {seen}"
        for address in asked:
            reader.get(address)
        if touched.since():
            assert rows(db) == before, f"{rule} changed something"
    for question in QUESTIONS:
        assert {client.get(question).status_code for client in (admin, reader)} <= {200, 302}
    assert rows(db) == before


@pytest.mark.only_on("sqlite")
def test_no_page_of_an_empty_site_changes_a_row(app: Flask, db: Database, clock: time_machine.Traveller) -> None:
    make_editor_with_password(db, "ada@digest.test", "Ada", is_admin=True)
    admin, reader = Browser(app.test_client()), app.test_client()
    assert admin.sign_in("ada@digest.test").status_code == 303
    clock.shift(timedelta(minutes=10))
    before = rows(db)
    for rule in get_rules(app):
        if not rule.arguments:
            for client in (admin.client, reader):
                assert client.get(rule.rule).status_code < 500 or rule.endpoint == "service.health"
            assert rows(db) == before, f"{rule} changed something"
