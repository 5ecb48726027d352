"""The archive for machines: feeds that parse, addresses that are whole."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.operations.writing.ending import withdraw
from digest.storage.base.database import Database
from digest.storage.writing.names import TOPICS, id_of_name
from digest.storage.writing.summaries import Summary
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.web.archive.past import headlines

ATOM = {"a": "http://www.w3.org/2005/Atom"}
SITEMAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
FEEDS = ["/feed.atom", "/topics/ai.atom", "/publications/euractiv.atom"]


@pytest.fixture
def story(db: Database) -> int:
    """One summary, with all that XML could stumble over."""
    key = make_summary(
        db,
        "Fines & <fees>",
        date(2024, 5, 15),
        topics=["AI"],
        sources=[("https://example.org/?a=1&b=<2>", 'The "story"', "Euractiv")],
    )
    with db.writing() as session:
        hostile = "<p>Text \x0b\ufffe]]> <script>x()</script> &amp; more</p>"
        session.execute(update(Summary).where(Summary.id == key).values(body_html=hostile))
    return key


@pytest.mark.parametrize("path", FEEDS)
def test_atom_feed_has_what_the_standard_asks(client: FlaskClient, story: int, path: str) -> None:
    response = client.get(path)
    assert response.mimetype == "application/atom+xml"
    feed = ElementTree.fromstring(response.text)  # noqa: S314 - our own
    assert feed.findtext("a:id", namespaces=ATOM) == f"http://digest.test{path}"
    for name in ("a:title", "a:updated", "a:author/a:name"):
        assert feed.findtext(name, namespaces=ATOM)
    [entry] = feed.findall("a:entry", ATOM)
    assert entry.findtext("a:title", namespaces=ATOM) == "Fines & <fees>"
    assert entry.findtext("a:id", namespaces=ATOM) == f"tag:digest.test,2024-01-08:summary/{story}"
    body = entry.findtext("a:content", namespaces=ATOM)
    original = 'https://example.org/?a=1&amp;b=&lt;2&gt;">The &#34;story&#34;</a> (Euractiv)'
    assert body == f'<p>Text ]]&gt;  &amp; more</p><p>Read the full story: <a href="{original}</p>'
    links = {link.get("rel"): link.get("href") for link in entry.findall("a:link", ATOM)}
    assert links == {
        "alternate": f"http://digest.test/news/euractiv/fines-fees/{story}",
        "via": "https://example.org/?a=1&b=<2>",
    }
    assert entry.find("a:author", ATOM) is None, "we wrote it, and the feed says so"
    assert entry.findtext("a:source/a:title", namespaces=ATOM) == "Euractiv"
    assert datetime.fromisoformat(entry.findtext("a:updated", "", ATOM)).tzinfo is not None


def test_every_address_in_a_feed_is_whole(client: FlaskClient, story: int) -> None:  # noqa: ARG001
    feed = ElementTree.fromstring(client.get("/feed.atom").text)  # noqa: S314 - our own
    for link in feed.iter("{http://www.w3.org/2005/Atom}link"):
        assert str(link.get("href")).startswith(("http://", "https://"))


def test_empty_feed_is_a_feed(client: FlaskClient) -> None:
    feed = ElementTree.fromstring(client.get("/feed.atom").text)  # noqa: S314 - our own
    assert feed.findtext("a:updated", namespaces=ATOM)
    assert feed.findall("a:entry", ATOM) == []


@pytest.mark.parametrize("path", ["/topics/none-such.atom", "/publications/none-such.atom"])
def test_feed_of_nothing_known_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_feeds_hold_the_latest_thirty_and_no_draft(client: FlaskClient, db: Database) -> None:
    make_summary(db, "A draft", date(2024, 5, 16), topics=["AI"], published=False)
    for number in range(35):
        make_summary(db, f"Story {number}", date(2024, 1, 1) + timedelta(days=number), topics=["AI"])
    newest = [f"Story {number}" for number in range(34, 4, -1)]
    for path in FEEDS:
        feed = ElementTree.fromstring(client.get(path).text)  # noqa: S314 - our own
        assert [entry.findtext("a:title", "", ATOM) for entry in feed.findall("a:entry", ATOM)] == newest
    items = client.get("/feed.json").json
    assert items is not None
    assert [item["title"] for item in items["items"]] == newest


def test_topic_feed_leaves_others_out(client: FlaskClient, db: Database, story: int) -> None:  # noqa: ARG001
    make_summary(db, "Other", publication="EDPB", topics=["Courts"])
    for path in FEEDS[1:]:
        feed = ElementTree.fromstring(client.get(path).text)  # noqa: S314 - our own
        assert len(feed.findall("a:entry", ATOM)) == 1


def test_json_feed_has_what_its_version_asks(client: FlaskClient, story: int) -> None:
    response = client.get("/feed.json")
    assert response.mimetype == "application/feed+json"
    feed = response.json
    assert feed is not None
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert (feed["home_page_url"], feed["feed_url"]) == ("http://digest.test/news", "http://digest.test/feed.json")
    [item] = feed["items"]
    assert item["url"] == f"http://digest.test/news/euractiv/fines-fees/{story}"
    assert item["tags"] == ["AI"]
    assert item["date_published"] == "2024-05-14T23:00:00+00:00", "an import keeps its date, 15 May in London"
    assert "authors" not in item
    assert item["_digest"]["publication"] == "Euractiv"
    assert "script" not in item["content_html"]


def test_entry_keeps_its_id_when_its_headline_changes(client: FlaskClient, db: Database, story: int) -> None:
    def entry_id() -> str:
        feed = ElementTree.fromstring(client.get("/feed.atom").text)  # noqa: S314 - our own
        return feed.findtext("a:entry/a:id", "", ATOM)

    before = entry_id()
    with db.writing() as session:
        values = {"slug": "new", "title": "New", "updated_at": datetime(2024, 6, 1, tzinfo=UTC)}
        session.execute(update(Summary).where(Summary.id == story).values(**values))
    assert entry_id() == before


def test_whoever_has_the_feed_already_gets_it_not_again(client: FlaskClient, story: int) -> None:  # noqa: ARG001
    for path in (*FEEDS, "/feed.json"):
        first = client.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert "Set-Cookie" not in again.headers


def test_sitemap_names_every_public_page(client: FlaskClient, db: Database, story: int) -> None:
    make_summary(db, "A draft", published=False)
    sitemap = ElementTree.fromstring(client.get("/sitemap.xml").text)  # noqa: S314 - our own
    assert [found.text for found in sitemap.findall("s:url/s:loc", SITEMAP)] == [
        "http://digest.test/",
        "http://digest.test/news",
        "http://digest.test/issues",
        "http://digest.test/privacy",
        f"http://digest.test/news/euractiv/fines-fees/{story}",
    ]
    assert [found.text for found in sitemap.findall("s:url/s:lastmod", SITEMAP)] == ["2024-01-08"]
    assert client.head("/sitemap.xml").status_code == 200


def test_any_question_is_a_feed_of_the_same_page(client: FlaskClient, db: Database) -> None:
    for number in range(25):
        make_summary(db, f"Wombat {number}", date(2024, 1, 1) + timedelta(days=number), topics=["AI"])
    make_summary(db, "Wombat apart", topics=["Courts"])
    page = BeautifulSoup(client.get("/news?q=wombat+zyx&topic=ai&order=date&page=2").text, "html.parser")
    titles = headlines(page)
    assert len(titles) == 5
    feed = client.get("/news.json?q=wombat+zyx&topic=ai&page=2").json
    assert feed is not None
    assert feed["_digest"] == {"total": 25, "loosened": True, "whole": True}
    assert [item["title"] for item in feed["items"]] == titles
    assert feed["feed_url"] == "http://digest.test/news.json?q=wombat+zyx&topic=ai&page=2"
    assert "next_url" not in feed
    first = client.get("/news.json?q=wombat&topic=ai").json
    assert first is not None
    assert (len(first["items"]), first["_digest"]["loosened"]) == (20, False)
    assert first["next_url"] == "http://digest.test/news.json?q=wombat&topic=ai&page=2"
    atom = ElementTree.fromstring(client.get("/news.atom?q=wombat+zyx&topic=ai&page=2").text)  # noqa: S314 - our own
    assert [entry.findtext("a:title", "", ATOM) for entry in atom.findall("a:entry", ATOM)] == titles
    linked = [str(link["href"]) for link in page.select('link[rel="alternate"]')]
    assert {"/news.atom?q=wombat+zyx&topic=ai", "/news.json?q=wombat+zyx&topic=ai"} <= set(linked)


def test_the_feed_of_a_question_brings_the_newest_first(client: FlaskClient, db: Database) -> None:
    for number in range(21):
        make_summary(db, f"Kiwi kiwi {number}", date(2024, 1, 1), body="Kiwi kiwi kiwi.")
    make_summary(db, "A long one", date(2024, 5, 1), body=f"{'Words of other matters. ' * 60} A kiwi.")
    for path in ("/news.json?q=kiwi", "/news.json?q=kiwi&order=date"):
        feed = client.get(path).json
        assert feed is not None
        assert feed["items"][0]["title"] == "A long one"
        assert feed["feed_url"] == "http://digest.test/news.json?q=kiwi"
    atom = ElementTree.fromstring(client.get("/news.atom?q=kiwi").text)  # noqa: S314 - our own
    assert atom.findtext("a:entry/a:title", "", ATOM) == "A long one"


def test_the_feed_of_a_question_tells_what_was_withdrawn(client: FlaskClient, db: Database, settings: Settings) -> None:
    make_summary(db, "Kept", topics=["AI"])
    gone = make_summary(db, "Taken away", topics=["AI"])
    withdraw(Context(db, settings, TUESDAY), gone, "It was wrong.", "alice@digest.test")
    feed = client.get("/news.json?topic=ai&from=2024-05-01").json
    assert feed is not None
    assert [item["title"] for item in feed["items"]] == ["Kept", "Withdrawn"]
    for path in ("/news.json?topic=ai&to=2024-05-01", "/news.json?topic=ai&page=2", "/news.json?q=taken&topic=ai"):
        assert "Withdrawn" not in client.get(path).text


def test_the_feed_of_a_question_keeps_its_id_under_a_new_slug(
    client: FlaskClient, db: Database, settings: Settings
) -> None:
    make_summary(db, "Kept", topics=["AI"])

    def feed_id() -> str:
        asked = client.get("/news.atom?q=kept&topic=ai&publication=euractiv")
        return ElementTree.fromstring(asked.text).findtext("a:id", "", ATOM)  # noqa: S314 - our own

    before = feed_id()
    with db.reading() as session:
        topic = id_of_name(session, TOPICS, "AI")
    assert topic
    naming.rename(Context(db, settings, TUESDAY), TOPICS, topic, "Machines", new_address=True)
    assert feed_id() == before == "http://digest.test/news.atom?q=kept&topic=ai&publication=euractiv"


@pytest.mark.parametrize("path", ["/news.atom?topic=nosuch", "/news.json?q=fines&publication=nosuch"])
def test_the_feed_of_a_topic_that_is_not_there_is_not_the_whole_archive(
    client: FlaskClient,
    story: int,  # noqa: ARG001
    path: str,
) -> None:
    assert client.get(path).status_code == 404
