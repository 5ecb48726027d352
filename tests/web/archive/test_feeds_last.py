"""Feeds by their standards' rules; and their ids, which stay whatever becomes of names, slugs, scheme and host."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from digest.config import Settings
from digest.operations.archive.feed_ids import remember_feed_root
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.operations.writing.ending import withdraw
from digest.storage.base.database import Database
from digest.storage.guard.installations import installation
from digest.storage.writing.names import PUBLICATIONS, TOPICS, id_of_name
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.web.archive.feed_rules import AT, A, faults_of_atom, faults_of_json_feed

FEEDS = ("/feed.atom", "/topics/ai.atom", "/publications/euractiv.atom")
SOURCES = (("https://example.org/größe?a=1&b=<2>", 'The "story"', ""), ("https://example.com/2", "", "EDPB"))


@pytest.fixture
def two(db: Database, settings: Settings) -> tuple[int, int]:
    """A summary with all that a feed could stumble over, and a withdrawn one."""
    kept = make_summary(db, "Fines & <fees>", date(2024, 5, 15), topics=["AI"], sources=SOURCES)
    gone = make_summary(db, "Secret", date(2024, 5, 14), topics=["AI"])
    withdraw(Context(db, settings, TUESDAY), gone, "It named <a> person & was wrong.", "alice@digest.test")
    return kept, gone


def ids(client: FlaskClient, path: str) -> Iterator[str]:
    feed = ElementTree.fromstring(client.get(path).text)  # noqa: S314 - our own
    for element in (feed, *feed.findall(f"{A}entry")):
        yield element.findtext(f"{A}id", "")
        yield from (each.text or "" for each in element.iterfind(f"{A}source/{A}id"))
    for gone in feed.findall(f"{AT}deleted-entry"):
        yield gone.get("ref", "")


def test_feeds_keep_their_standards_rules(client: FlaskClient, two: tuple[int, int]) -> None:  # noqa: ARG001
    for path in FEEDS:
        assert faults_of_atom(client.get(path).text) == []
        assert "Secret" not in client.get(path).text
    feed = client.get("/feed.json").json
    assert feed is not None
    assert faults_of_json_feed(feed) == []


def test_a_withdrawn_summary_is_a_tombstone_in_the_json_feed_too(client: FlaskClient, two: tuple[int, int]) -> None:
    feed = client.get("/feed.json").json
    assert feed is not None
    kept, gone = feed["items"]
    assert kept["_digest"]["sources"][1] == {"url": "https://example.com/2", "title": "", "publication": "EDPB"}
    assert "external_url" not in kept, "it stands on two"
    assert gone["id"] == f"tag:digest.test,2024-01-08:summary/{two[1]}"
    assert gone["_digest"] == {"withdrawn_at": TUESDAY.isoformat(), "reason": "It named <a> person & was wrong."}
    assert "Secret" not in str(feed)


def test_ids_outlive_new_slugs_and_another_scheme_and_host(
    client: FlaskClient, db: Database, settings: Settings, two: tuple[int, int]
) -> None:
    before = {path: list(ids(client, path)) for path in FEEDS}
    assert before["/feed.atom"][0] == "http://digest.test/feed.atom"
    context = Context(db, settings, TUESDAY)
    for kind, name, other in ((TOPICS, "AI", "Machines"), (PUBLICATIONS, "Euractiv", "Euractiv News")):
        with db.reading() as session:
            key = id_of_name(session, kind, name) or 0
        naming.rename(context, kind, key, other, new_address=True)
    moved = replace(settings, site_url="https://news.example")
    client.application.extensions["digest"] = replace(client.application.extensions["digest"], settings=moved)
    remember_feed_root(Context(db, moved, TUESDAY))
    now = ("/feed.atom", "/topics/machines.atom", "/publications/euractiv-news.atom")
    assert [list(ids(client, path)) for path in now] == list(before.values())
    assert "https://news.example/news/euractiv-news/" in client.get("/feed.atom").text
    assert two[0]


def test_a_publication_has_one_id_wherever_entries_name_it(client: FlaskClient, db: Database) -> None:
    for days in range(2):
        make_summary(db, f"Story {days}", at=datetime(2024, 5, 13 + days, 9, 0, tzinfo=UTC))
    named = list(ids(client, "/feed.atom"))[2::2]
    assert named == [next(ids(client, "/publications/euractiv.atom"))] * 2


def test_a_trial_on_ones_own_machine_decides_no_ids(db: Database, settings: Settings) -> None:
    with db.writing() as session:
        installation(session).feed_root = ""
    for url in ("http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"):
        remember_feed_root(Context(db, replace(settings, site_url=url), TUESDAY))
    with db.reading() as session:
        assert installation(session).feed_root == ""
    remember_feed_root(Context(db, replace(settings, site_url="https://news.example"), TUESDAY))
    with db.reading() as session:
        assert installation(session).feed_root == "https://news.example"


@pytest.mark.parametrize("path", [*FEEDS, "/feed.json"])
def test_a_feed_says_when_it_changed(
    client: FlaskClient, db: Database, settings: Settings, two: tuple[int, int], path: str
) -> None:
    def asked(header: str, value: str) -> int:
        return client.get(path, headers={header: value}).status_code

    first = client.get(path)
    etag, since = first.headers["ETag"], first.headers["Last-Modified"]
    assert (asked("If-None-Match", etag), asked("If-Modified-Since", since)) == (304, 304)
    later = Context(db, settings, datetime.now(UTC) + timedelta(days=1))
    with db.reading() as session:
        key = id_of_name(session, PUBLICATIONS, "Euractiv") or 0
    naming.rename(later, PUBLICATIONS, key, "Euractiv News", new_address=False)
    assert (asked("If-None-Match", etag), asked("If-Modified-Since", since)) == (200, 200)
    assert two
