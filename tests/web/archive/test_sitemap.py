"""The sitemap and the feeds: one stranger who asks for them again and again costs nobody much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic, sleep

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.operations.writing import naming
from digest.storage.archive.public_pages import PublicPages
from digest.storage.base.database import Database
from digest.storage.writing.names import PUBLICATIONS, id_of_name
from digest.storage.writing.summaries import Summary
from digest.web.archive.sitemap import Copy, Kept
from tests.factories import make_summary
from tests.web.archive.past import send_issue

LATER = datetime(2024, 6, 1, 12, tzinfo=UTC)
PAGES = PublicPages(1, 1, 0, LATER)
CHANGED = PublicPages(1, 2, 0, LATER)


@pytest.fixture
def story(db: Database) -> int:
    return make_summary(db, "Fines")


def said(copy: Copy) -> bytes:
    """What is in a copy."""
    return b"".join(copy.read())


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """What the site asks of its database meanwhile."""
    asked: list[str] = []

    def listen(_c: object, _u: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    engine = app.extensions["digest"].db.engine
    event.listen(engine, "before_cursor_execute", listen)
    yield asked
    event.remove(engine, "before_cursor_execute", listen)


def test_a_second_request_asks_the_database_once(app: Flask, client: FlaskClient, story: int) -> None:  # noqa: ARG001
    first = client.get("/sitemap.xml")
    with statements(app) as asked:
        again = client.get("/sitemap.xml")
    assert len(asked) == 1
    assert again.data == first.data
    assert b"/fines/" in again.data


@pytest.mark.parametrize("path", ["/feed.atom", "/feed.json"])
def test_a_feed_does_not_count_the_archive(app: Flask, client: FlaskClient, story: int, path: str) -> None:  # noqa: ARG001
    with statements(app) as asked:
        assert "Fines" in client.get(path).text
    assert not any("count(" in statement for statement in asked)


@pytest.mark.parametrize(("asked", "given"), [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")])
def test_whoever_has_it_gets_it_not_again(client: FlaskClient, story: int, asked: str, given: str) -> None:  # noqa: ARG001
    first = client.get("/sitemap.xml")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    again = client.get("/sitemap.xml", headers={asked: first.headers[given]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.on_both
@pytest.mark.parametrize(
    "values",
    [
        {"published_at": None, "version": 2},
        {"updated_at": LATER, "version": 2},
    ],
    ids=["taken back", "corrected"],
)
def test_it_is_made_anew_when_a_summary_has_changed(
    client: FlaskClient, db: Database, story: int, values: dict[str, object]
) -> None:
    first = client.get("/sitemap.xml")
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == story).values(**values))
    again = client.get("/sitemap.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert (b"/fines/" in again.data) == ("updated_at" in values)


@pytest.mark.on_both
def test_a_new_summary_and_a_past_issue_are_in_it_at_once(client: FlaskClient, db: Database, story: int) -> None:  # noqa: ARG001
    client.get("/sitemap.xml")
    make_summary(db, "More")
    assert b"/more/" in client.get("/sitemap.xml").data
    send_issue(db)
    assert b"/issues/2024-05-17<" in client.get("/sitemap.xml").data


@pytest.mark.on_both
def test_after_a_rename_it_has_the_new_addresses(
    client: FlaskClient, db: Database, settings: Settings, story: int
) -> None:
    first = client.get("/sitemap.xml")
    assert f"/news/euractiv/fines/{story}<" in first.text
    with db.reading() as session:
        publication = id_of_name(session, PUBLICATIONS, "Euractiv")
    assert publication
    naming.rename(Context(db, settings, LATER), PUBLICATIONS, publication, "Brand New", new_address=True)
    again = client.get("/sitemap.xml", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert f"/news/brand-new/fines/{story}<" in again.text
    assert "euractiv" not in again.text


def test_an_address_beyond_ascii_is_written_as_a_uri(client: FlaskClient, db: Database, story: int) -> None:
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == story).values(slug="größe&<b>"))
    assert b"/gr%C3%B6%C3%9Fe&amp;%3Cb%3E/" in client.get("/sitemap.xml").data


def test_while_one_makes_it_anew_others_get_the_last() -> None:
    kept, go = Kept(), Event()
    kept.copy_of(PAGES, lambda: ["old"])

    def slowly() -> list[str]:
        go.wait(20)
        return ["new"]

    maker = Thread(target=kept.copy_of, args=(CHANGED, slowly))
    maker.start()
    began = monotonic()
    while not kept._making.locked() and monotonic() < began + 20:
        sleep(0.001)
    assert said(kept.copy_of(CHANGED, lambda: ["twice"])) == b"old"
    go.set()
    maker.join(20)
    assert said(kept.copy_of(CHANGED, lambda: ["twice"])) == b"new"


def test_where_there_is_none_yet_others_wait_for_it() -> None:
    kept, go, made = Kept(), Event(), list[str]()

    def slowly() -> list[str]:
        go.wait(20)
        made.append("it")
        return ["it"]

    askers = [Thread(target=kept.copy_of, args=(PAGES, slowly)) for _ in range(5)]
    for asker in askers:
        asker.start()
    go.set()
    for asker in askers:
        asker.join(20)
    assert made == ["it"]


def test_one_that_could_not_be_made_is_made_by_the_next() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError):
        kept.copy_of(PAGES, lambda: ["x" * (1 // 0)])
    assert said(kept.copy_of(PAGES, lambda: ["it"])) == b"it"


def test_more_pages_than_one_may_have_are_in_several(
    client: FlaskClient, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.web.archive.sitemap.LIMIT", 3)
    for number in range(4):
        make_summary(db, f"Story {number}")
    index = client.get("/sitemap.xml").text
    parts = re.findall(r"<sitemap><loc>http://digest.test(/sitemap-[0-9].xml)</loc></sitemap>", index)
    assert parts == ["/sitemap-1.xml", "/sitemap-2.xml", "/sitemap-3.xml"]
    urls = [url for part in parts for url in re.findall("<loc>(.*?)</loc>", client.get(part).text)]
    assert len(urls) == len(set(urls)) == 8
    assert client.get("/sitemap-4.xml").status_code == 404
