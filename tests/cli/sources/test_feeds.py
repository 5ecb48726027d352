"""`digest feeds`, as an operator runs it against publishers on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from digest.storage.base.database import Database
from digest.storage.sources.sources import WatchedSource
from tests.cli.shell import Shell, wait_until
from tests.feeds.server import Reply, Request, Stranger
from tests.operations.sources.stage import rss

DAY = timedelta(days=1)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with Stranger() as server:
        yield server


@pytest.fixture
def digest(shell: Shell, db: Database) -> Shell:  # noqa: ARG001 - its database is there
    """The command of an installation that may reach this machine."""
    return Shell(shell.environ | {"FEED_NETWORKS": "127.0.0.0/8"})


def answering(entries: int, etag: str = '"1"') -> Reply:
    now = datetime.now(UTC).replace(microsecond=0)
    return Reply(
        body=rss(*((f"e{number}", now - number * 5 * DAY) for number in range(entries))), headers={"ETag": etag}
    )


def listed(digest: Shell) -> list[dict[str, Any]]:
    status, said, _ = digest.run("feeds", "list", "--json")
    assert status == 0
    return [json.loads(line) for line in said.splitlines()]


def test_preview_tells_all_that_a_feed_holds_and_adds_nothing(digest: Shell, stranger: Stranger) -> None:
    stranger.answers["/feed"] = answering(30)
    status, said, _ = digest.run("feeds", "preview", stranger.url("/feed"), "--json")
    told = json.loads(said)
    assert status == 0 and list(told) == ["kind", "title", "words", "entries"]
    assert (told["kind"], told["title"], len(told["entries"])) == ("feed", "Example News", 30)
    assert list(told["entries"][0]) == ["guid", "title", "url", "published_at"]
    assert told["entries"][0]["url"] == "https://news.example/e0"
    assert listed(digest) == [] and len(stranger.requests) == 1


def test_preview_reaches_nothing_private_unless_the_operator_names_it(shell: Shell, stranger: Stranger) -> None:
    status, _, errors = shell.run("feeds", "preview", stranger.url("/feed"), "--json")
    assert status == 4 and "FEED_NETWORKS" in errors and not stranger.connections


def test_a_feed_is_found_from_its_page_and_watched_from_what_it_has_just_answered(
    digest: Shell, stranger: Stranger
) -> None:
    page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body></body></html>'
    stranger.answers["/"] = Reply(body=page, headers={"Content-Type": "text/html"})
    stranger.answers["/feed"] = lambda request: Reply(304) if request.header("If-None-Match") else answering(6)
    status, said, _ = digest.run("feeds", "add", stranger.url("/"), "--publication", "Our News")
    assert status == 0 and "6 entries, 3 new leads" in said
    assert (
        listed(digest)[0] | {"url": stranger.url("/feed"), "publication": "Our News", "state": "ok"}
        == listed(digest)[0]
    )
    asked = len(stranger.requests)
    assert digest.run("feeds", "add", stranger.url("/feed"))[1].startswith("Already watched")
    assert len(stranger.requests) == asked
    status, said, _ = digest.run("feeds", "poll", "--json")
    assert json.loads(said)["skipped"] == 1, "it was asked just now"
    status, said, _ = digest.run("feeds", "poll", "--all", "--json")
    assert json.loads(said)["unchanged"] == 1
    assert [bool(each.header("If-None-Match")) for each in stranger.requests if each.path == "/feed"] == [False, True]


def test_a_list_comes_in_once_and_its_folders_are_topics(
    digest: Shell, stranger: Stranger, tmp_path: Path, db: Database
) -> None:
    stranger.answers |= {"/a": answering(1), "/b": answering(2, '"2"')}
    opml = (
        '<opml version="2.0"><body><outline text="Law"><outline text="Courts">'
        f'<outline type="rss" text="Court News" xmlUrl="{stranger.url("/a")}" htmlUrl="https://a.example/"/></outline>'
        f'<outline type="rss" text="Law &amp; Order" xmlUrl="{stranger.url("/b")}"/></outline>'
        '<outline type="rss" text="Odd" xmlUrl="ftp://a.example/feed"/></body></opml>'
    )
    file = tmp_path / "feeds.opml"
    file.write_text(opml)
    status, said, errors = digest.run("feeds", "import", str(file))
    assert (status, said.strip()) == (1, "3 feeds: 2 added, 0 already there, 1 refused.") and "line 1: Odd" in errors
    _, said, _ = digest.run("feeds", "import", str(file))
    assert said.strip() == "3 feeds: 0 added, 2 already there, 1 refused."
    assert [each["state"] for each in listed(digest)] == ["new", "new"]
    status, said, _ = digest.run("feeds", "poll", "--json")
    done = json.loads(said)
    assert status == 0
    assert list(done) == ["sources", "fetched", "unchanged", "failed", "skipped", "new_leads", "seconds"]
    assert (done["sources"], done["fetched"], done["new_leads"]) == (2, 2, 2), "one entry is in both"
    first = listed(digest)[0]
    assert list(first) == [
        "url", "kind", "publication", "state", "words", "last_checked_at", "last_ok_at", "next_at", "entries",
        "leads_used",
    ]  # fmt: skip
    assert (first["publication"], first["kind"], first["state"]) == ("Court News", "feed", "ok")
    with db.reading() as session:
        topics = session.connection().exec_driver_sql(
            "SELECT name FROM topics JOIN source_topics ON topic_id = topics.id ORDER BY name"
        )
        assert [name for (name,) in topics] == ["Courts", "Law", "Law"]


def test_what_goes_out_comes_in_again(digest: Shell, stranger: Stranger, tmp_path: Path, db: Database) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(
        '<opml version="2.0"><body><outline text="Law"><outline type="rss" text="A &lt;b&gt; &amp; C" '
        f'xmlUrl="{stranger.url("/a?x=1&amp;y=2")}"/></outline></body></opml>'
    )
    assert digest.run("feeds", "import", str(file))[0] == 0
    status, out, _ = digest.run("feeds", "export")
    file.write_text(out)
    assert status == 0 and digest.run("feeds", "import", str(file))[1].startswith("1 feed: 0 added, 1 already there")
    with db.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM sources")
    assert digest.run("feeds", "import", str(file))[1].startswith("1 feed: 1 added")
    assert listed(digest)[0]["publication"] == "A <b> & C"


def test_a_file_that_is_no_list_brings_nothing(digest: Shell, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text("<html>")
    status, _, errors = digest.run("feeds", "import", str(file))
    assert status == 1 and "Nothing was imported" in errors


def test_a_process_of_its_own_knows_all_tables_that_it_needs(digest: Shell, stranger: Stranger, tmp_path: Path) -> None:
    stranger.answers["/feed"] = answering(1)
    file = tmp_path / "feeds.opml"
    file.write_text(
        f'<opml version="2.0"><body><outline type="rss" text="News" xmlUrl="{stranger.url("/feed")}"/></body></opml>'
    )
    digest.run("feeds", "import", str(file))
    with digest.start_anew("feeds", "poll", "--json") as process:
        said, errors = process.communicate()
    assert (json.loads(said)["new_leads"], errors, process.returncode) == (1, "", 0)


def test_killed_in_the_midst_of_a_round_nothing_is_lost_and_nothing_comes_twice(
    digest: Shell, db: Database, tmp_path: Path
) -> None:
    now, asked = datetime.now(UTC).replace(microsecond=0), threading.Event()

    def answer(request: Request) -> Reply:
        if request.header("Host").startswith("127.0.0.9"):
            asked.wait(10)
        return Reply(body=rss((request.header("Host"), now)), headers={"ETag": '"1"'})

    with ExitStack() as stack:
        servers = [stack.enter_context(Stranger(f"127.0.0.{number}")) for number in range(3, 10)]
        for server in servers:
            server.answers["/feed"] = answer
        lines = "".join(f'<outline text="N" xmlUrl="{server.url("/feed")}"/>' for server in servers)
        file = tmp_path / "feeds.opml"
        file.write_text(f'<opml version="2.0"><body>{lines}</body></opml>')
        digest.run("feeds", "import", str(file))
        with digest.start("feeds", "poll") as process:
            wait_until(lambda: 0 < _count(db, "leads") < 7, process)
            process.kill()
        asked.set()
        stored = _count(db, "leads")
        with db.writing() as session:  # the leases of the dead have run out
            session.execute(update(WatchedSource).values(lease_until=None, next_at=now - DAY, checked_at=now - 2 * DAY))
        assert json.loads(digest.run("feeds", "poll", "--json")[1])["new_leads"] == 7 - stored
        assert _count(db, "leads") == 7


def _count(db: Database, table: str) -> int:
    with db.reading() as session:
        return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608


def test_no_cookie_no_referrer_no_query_of_ours_and_no_head(digest: Shell, stranger: Stranger, db: Database) -> None:
    stranger.answers["/feed"] = lambda _: Reply(body=answering(1).body, headers={"Set-Cookie": "a=b", "ETag": '"1"'})
    digest.run("feeds", "add", stranger.url("/feed?of=theirs"))
    with db.reading() as session:
        assert session.query(WatchedSource).one().asks == 1
    digest.run("feeds", "poll", "--all")

    def polite(request: Request) -> bool:
        return not any(map(request.header, ("Cookie", "Referer", "From"))) and "/about/feeds" in request.header(
            "User-Agent"
        )

    assert len(stranger.requests) == 2 and all(map(polite, stranger.requests))
    assert {request.head.split()[0] for request in stranger.requests} == {b"GET"}
    assert set(stranger.paths) == {"/feed?of=theirs"}
