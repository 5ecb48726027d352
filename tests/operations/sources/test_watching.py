"""What an editor says of sources."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.operations.shared.refusal import Refused
from digest.operations.sources.finding import Search, find
from digest.operations.sources.source_files import import_sources, listed_sources
from digest.operations.sources.watching import Watched, check_now, pause_source, resume_source, stop_watching, watch
from tests.feeds.server import Reply, Stranger
from tests.operations.sources.stage import HOUR, Rounds, rss

MINUTE = timedelta(minutes=1)


def test_check_now_asks_before_it_is_due_and_never_twice_in_a_minute(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)), headers={"ETag": '"1"'})
    key = rounds.watch(stranger.url("/feed"))
    rounds.poll()
    with pytest.raises(Refused, match="within the last minute"):
        check_now(rounds.poller(), key)
    rounds.now += MINUTE
    check_now(rounds.poller(), key)
    assert len(stranger.requests) == 2 and stranger.requests[1].header("If-None-Match") == '"1"'


def test_check_now_heeds_the_host_and_a_feed_that_cannot_say_whether_it_is_new(
    rounds: Rounds, stranger: Stranger
) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)))
    stranger.answers["/limited"] = Reply(429, headers={"Retry-After": "7200"})
    key = rounds.watch(stranger.url("/feed"))
    rounds.poll()
    rounds.now += HOUR
    with pytest.raises(Refused, match="once a day"):
        check_now(rounds.poller(), key)
    limited = rounds.watch(stranger.url("/limited"))
    rounds.poll()
    rounds.now += HOUR
    with pytest.raises(Refused, match="come later"):
        check_now(rounds.poller(), limited)
    assert len(stranger.requests) == 2


def test_a_source_is_paused_and_goes_on_when_that_is_polite(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)), headers={"ETag": '"1"'})
    key = rounds.watch(stranger.url("/feed"))
    rounds.poll()
    pause_source(rounds.context, key, "Alice")
    assert (rounds.source(key).state, rounds.source(key).words) == ("paused", "Paused by Alice.")
    rounds.poll(9 * HOUR)
    resume_source(rounds.context, key)
    assert rounds.source(key).next_at == rounds.now
    pause_source(rounds.context, key, "Alice")
    rounds.now -= 9 * HOUR
    resume_source(rounds.context, key)
    assert rounds.source(key).next_at == rounds.now + HOUR


def test_what_is_no_longer_watched_leaves_its_leads(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)))
    key = rounds.watch(stranger.url("/feed"))
    rounds.poll()
    stop_watching(rounds.context, key)
    stop_watching(rounds.context, key)
    assert rounds.leads() == ["a"]
    with pytest.raises(Refused):
        pause_source(rounds.context, key)


def test_a_page_without_a_feed_is_watched_as_a_list(rounds: Rounds, stranger: Stranger) -> None:
    items = "".join(
        f'<li class="item"><a href="/news/{number}">The authority decides case number {number}</a>'
        f' <time datetime="2024-05-{number + 6:02}">{number + 6} May 2024</time></li>'
        for number in range(8)
    )
    page = f"<html><head><title>News</title></head><body><h1>News</h1><ul>{items}</ul></body></html>"
    stranger.answers["/news"] = Reply(body=page.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
    found = find(Search(rounds.asker()), stranger.url("/news"))
    watched = watch(rounds.context, found)
    assert isinstance(watched, Watched)
    assert (watched.kind, watched.entries, watched.new_leads) == ("page", 8, 8)
    assert stranger.requests[0].path == "/news" and len(stranger.requests) <= 8, "few guesses"
    source = rounds.source(watched.id)
    assert source.recipe and source.state == "ok"
    changed = page.replace('class="item"', "").replace("<li", "<p").replace("</li", "</p").replace("href=", "id=")
    stranger.answers["/news"] = Reply(body=changed.encode() * 3, headers={"Content-Type": "text/html"})
    rounds.poll(26 * HOUR)
    assert "make-up changed" in rounds.source(watched.id).words


def test_what_leads_nowhere_is_said_with_what_to_do(rounds: Rounds, stranger: Stranger) -> None:
    search = Search(rounds.asker())
    for address, said in (
        (stranger.url("/missing"), "404"),
        ("ftp://news.example/feed", "web address"),
        ("http://192.168.1.1/", "FEED_NETWORKS"),
    ):
        with pytest.raises(Refused, match=said):
            find(search, address)


@pytest.mark.only_on("sqlite")
def test_a_feed_in_several_folders_has_all_their_topics_and_a_page_is_watched_as_one(rounds: Rounds) -> None:
    feed = '<outline type="rss" text="Court" xmlUrl="https://court.example/feed"/>'
    page = '<outline type="HTML+XPath" text="Office" xmlUrl="https://office.example/decisions"/>'
    folders = "".join(f'<outline text="{name}">{feed}</outline>' for name in ("Courts", "Europe"))
    done = import_sources(rounds.context, f"<opml><body>{folders}{page}</body></opml>".encode())
    assert (done.added, done.already_there, list(done.refused)) == (2, 1, [])
    lines = {line.url: (line.kind, line.topics) for line in listed_sources(rounds.context)}
    assert lines == {
        "https://court.example/feed": ("feed", ("Courts", "Europe")),
        "https://office.example/decisions": ("page", ()),
    }
