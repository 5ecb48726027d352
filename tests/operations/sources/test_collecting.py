"""A polite poller, as its publishers see it: each promise by the requests that a server got."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from digest.operations.sources.turns import claim
from digest.storage.sources.hosts import FeedHost
from tests.feeds.server import Reply, Request, Stranger, redirect
from tests.operations.sources.stage import HOUR, Rounds, rss

DAY = timedelta(days=1)


def conditional(request: Request) -> bool:
    return bool(request.header("If-None-Match") or request.header("If-Modified-Since"))


def test_a_new_source_brings_its_last_14_days_and_not_its_history(rounds: Rounds, stranger: Stranger) -> None:
    now = rounds.now
    stranger.answers["/feed"] = [
        Reply(body=rss(("old", now - 15 * DAY), ("new", now - 13 * DAY)), headers={"ETag": '"1"'}),
        Reply(body=rss(("old", now - 15 * DAY), ("new", now - 13 * DAY), ("newer", now))),
    ]
    key = rounds.watch(stranger.url("/feed"))
    assert rounds.poll().new_leads == 1
    assert rounds.poll(DAY).new_leads == 1
    assert rounds.leads() == ["new", "newer"]
    source = rounds.source(key)
    assert (source.state, source.entries, source.title) == ("ok", 3, "Example News")


def test_one_unconditional_request_ever_even_if_the_process_dies_of_it(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)), headers={"ETag": '"1"'})
    rounds.watch(stranger.url("/feed"))
    claim(rounds.context, 1)  # and the process dies before it hears anything
    for _ in range(4):
        rounds.poll(5 * HOUR)
        rounds.poll(everything=True)
    assert not stranger.requests
    rounds.poll(4 * HOUR)
    for _ in range(5):
        rounds.poll(5 * HOUR)
        rounds.poll(everything=True)
    assert [conditional(request) for request in stranger.requests].count(False) == 1
    assert len(stranger.requests) > 5


@pytest.mark.only_on("sqlite")
def test_validators_go_back_byte_for_byte_and_only_what_came(rounds: Rounds, stranger: Stranger) -> None:
    tag, date = 'W/"ä-\xa7 x"', "Tue, 14 May 2024 8:00:00 +0100"
    body = rss(("a", rounds.now))
    stranger.answers["/both"] = Reply(body=body, headers={"ETag": tag, "Last-Modified": date})
    stranger.answers["/date"] = Reply(body=body, headers={"Last-Modified": date})
    rounds.watch(stranger.url("/both"))
    rounds.watch(stranger.url("/date"))
    rounds.poll()
    rounds.poll(everything=True, after=timedelta(minutes=2))
    heads = {request.path: request for request in stranger.requests[2:]}
    assert (heads["/both"].header("If-None-Match"), heads["/both"].header("If-Modified-Since")) == (tag, date)
    assert f"If-None-Match: {tag}\r\n".encode("latin-1") in heads["/both"].head
    assert (heads["/date"].header("If-None-Match"), heads["/date"].header("If-Modified-Since")) == ("", date)


@pytest.mark.only_on("sqlite")
def test_validators_are_replaced_after_every_200_and_by_a_304_that_brings_new_ones(
    rounds: Rounds, stranger: Stranger
) -> None:
    body = rss(("a", rounds.now))
    stranger.answers["/feed"] = [
        Reply(body=body, headers={"ETag": '"1"', "Last-Modified": "one"}),
        Reply(body=body, headers={"ETag": '"2"'}),
        Reply(304, headers={"ETag": '"3"', "Last-Modified": "three"}),
        Reply(304),
    ]
    key = rounds.watch(stranger.url("/feed"))
    kept = []
    for _ in range(4):
        rounds.poll(HOUR, everything=True)
        source = rounds.source(key)
        kept.append((source.etag, source.last_modified))
    assert kept == [('"1"', "one"), ('"2"', ""), ('"3"', "three"), ('"3"', "three")]


@pytest.mark.only_on("sqlite")
def test_never_sooner_than_the_interval_whichever_process_asks(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)), headers={"ETag": '"1"'})
    rounds.watch(stranger.url("/feed"))
    for minute in range(0, 180, 6):
        Rounds(rounds.db, rounds.settings, rounds.now + timedelta(minutes=minute)).poll()
    asked = len(stranger.requests)
    assert 2 <= asked <= 3
    longer = replace(rounds.settings, feed_interval=6 * HOUR)
    Rounds(rounds.db, longer, rounds.now + 5 * HOUR).poll()
    assert len(stranger.requests) == asked, "the setting of today counts"


def test_without_validators_not_twice_in_24_hours_even_if_everything_is_asked(
    rounds: Rounds, stranger: Stranger
) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now)))
    rounds.watch(stranger.url("/feed"))
    for _ in range(6):
        rounds.poll(everything=True)
        rounds.poll(4 * HOUR - timedelta(minutes=1))
    assert len(stranger.requests) == 1
    assert rounds.poll(2 * HOUR).fetched == 1


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("said", ["max-age", "expires", "ttl", "skipHours", "skipDays", "updatePeriod"])
def test_a_publishers_word_lengthens(rounds: Rounds, stranger: Stranger, said: str) -> None:
    headers, extra = {"ETag": '"1"'}, ""
    if said == "max-age":
        headers["Cache-Control"] = "public, max-age=36000"
    elif said == "expires":
        headers["Expires"] = format_datetime(rounds.now + 10 * HOUR, usegmt=True)
        headers["Date"] = format_datetime(rounds.now, usegmt=True)
    elif said == "ttl":
        extra = "<ttl>600</ttl>"
    elif said == "skipDays":
        extra = f"<skipDays><day>{rounds.now:%A}</day></skipDays>"
    elif said == "updatePeriod":
        said_so = {"updatePeriod": "daily", "updateFrequency": "2"}
        there = 'xmlns:p="http://purl.org/rss/1.0/modules/syndication/"'
        extra = "".join(f"<p:{name} {there}>{value}</p:{name}>" for name, value in said_so.items())
    else:
        hours = "".join(f"<hour>{hour}</hour>" for hour in range(9, 19))
        extra = f"<skipHours>{hours}</skipHours>"
    body = rss(("a", rounds.now), extra=extra)
    stranger.answers["/feed"] = [Reply(body=body, headers=headers), Reply(304, headers=headers)]
    key = rounds.watch(stranger.url("/feed"))
    rounds.poll()
    assert 10 * HOUR <= (rounds.source(key).next_at or rounds.now) - rounds.now <= 24 * HOUR
    if said not in ("max-age", "expires"):
        rounds.poll(everything=True, after=timedelta(minutes=1))
        due = (rounds.source(key).next_at or rounds.now) - rounds.now
        assert 10 * HOUR - timedelta(minutes=1) <= due, (
            "a 304 comes without the document, whose word holds all the same"
        )


@pytest.mark.only_on("sqlite")
def test_a_publishers_word_never_shortens_and_lengthens_to_a_day_at_most(rounds: Rounds, stranger: Stranger) -> None:
    due = []
    for number, seconds in enumerate((1, 400 * 24 * 3600)):
        headers = {"ETag": '"1"', "Cache-Control": f"max-age={seconds}"}
        stranger.answers[f"/{number}"] = Reply(body=rss(("a", rounds.now)), headers=headers)
        key = rounds.watch(stranger.url(f"/{number}"))
        rounds.poll(timedelta(seconds=2))
        due.append((rounds.source(key).next_at or rounds.now) - rounds.now)
    assert HOUR <= due[0] < 3 * HOUR and 20 * HOUR < due[1] <= DAY


@pytest.mark.only_on("sqlite")
def test_ten_megabytes_are_read_at_most(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(body=rss(("a", rounds.now), extra="<!--" + "x" * 10_000_000 + "-->"))
    key = rounds.watch(stranger.url("/feed"))
    assert rounds.poll().failed == 1
    assert "larger than 10 MB" in rounds.source(key).words and rounds.leads() == []


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_holds_for_the_whole_host(rounds: Rounds, stranger: Stranger, as_date: bool) -> None:
    until = rounds.now + 5 * HOUR
    value = format_datetime(until, usegmt=True) if as_date else str(5 * 3600)
    stranger.answers["/a"] = [Reply(429, headers={"Retry-After": value}), Reply(503), Reply(503), Reply(404)]
    stranger.answers["/b"] = Reply(body=rss(("b", rounds.now)))
    limited = rounds.watch(stranger.url("/a"))
    rounds.options["hands"] = 1
    rounds.poll()
    other = rounds.watch(stranger.url("/b"))
    for _ in range(4):
        rounds.poll(HOUR, everything=True)
    assert stranger.paths == ["/a"]
    assert rounds.source(limited).state == "limited" and rounds.source(other).asks == 0
    rounds.set(limited, next_at=rounds.now)
    rounds.poll(HOUR + timedelta(minutes=1))
    assert set(stranger.paths) == {"/a", "/b"}


@pytest.mark.only_on("sqlite")
def test_without_retry_after_the_wait_doubles(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/a"] = Reply(503)
    key = rounds.watch(stranger.url("/a"))
    waits = []
    for _ in range(4):
        rounds.poll()
        with rounds.db.reading() as session:
            held = session.get_one(FeedHost, stranger.url().split("/")[2]).not_before
        assert held is not None
        waits.append(round((held - rounds.now) / HOUR))
        rounds.now = rounds.source(key).next_at or rounds.now
    assert waits == [1, 2, 4, 8]


def test_one_request_a_second_and_two_at_once_to_a_host(rounds: Rounds, stranger: Stranger) -> None:
    moments = []

    def answer(_: Request) -> Reply:
        moments.append(rounds.now)
        return Reply(body=rss(("a", None)))

    for number in range(4):
        stranger.answers[f"/{number}"] = answer
        rounds.watch(stranger.url(f"/{number}"))
    assert rounds.poll().fetched == 4
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in pairwise(moments))
    first = claim(Rounds(rounds.db, rounds.settings, rounds.now + 9 * DAY).context, 9)
    second = claim(Rounds(rounds.db, rounds.settings, rounds.now + 9 * DAY + timedelta(seconds=1)).context, 9)
    third = claim(Rounds(rounds.db, rounds.settings, rounds.now + 9 * DAY + timedelta(seconds=2)).context, 9)
    assert [len(turns.now) for turns in (first, second, third)] == [1, 1, 0], "two are under way"


def test_two_processes_never_ask_the_same(rounds: Rounds, stranger: Stranger) -> None:
    for number in range(6):
        rounds.watch(f"http://127.0.0.{number + 1}:{stranger.address[1]}/feed")
    met = threading.Barrier(2)
    turns: list[int] = []

    def process() -> None:
        met.wait()
        turns.extend(turn.source.id for turn in claim(rounds.context, 4).now)

    both = [threading.Thread(target=process) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(turns) == sorted(set(turns)) and len(turns) == 6


@pytest.mark.only_on("sqlite")
def test_410_ends_it_and_404_backs_off(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/gone"] = Reply(410)
    gone, missing = rounds.watch(stranger.url("/gone")), rounds.watch(stranger.url("/missing"))
    waits = []
    for _ in range(6):
        rounds.poll()
        due = rounds.source(missing).next_at
        assert due is not None
        waits.append(due - rounds.now)
        rounds.now = due
    assert rounds.source(gone).state == "gone" and rounds.source(gone).next_at is None
    assert stranger.paths.count("/gone") == 1
    assert sorted(waits) == waits and waits[0] < 2.2 * HOUR and waits[-1] > 12 * HOUR
    assert "404" in rounds.source(missing).words


@pytest.mark.only_on("sqlite")
def test_a_permanent_move_is_believed_after_ten_checks_over_seven_days_a_passing_one_never(
    rounds: Rounds, stranger: Stranger
) -> None:
    stranger.answers["/new"] = Reply(body=rss(("a", rounds.now)), headers={"ETag": '"1"'})
    stranger.answers |= {f"/{status}": redirect("/new", status) for status in (301, 302, 307, 308)}
    moved = {status: rounds.watch(stranger.url(f"/{status}")) for status in (301, 302, 307, 308)}
    for _ in range(9):
        rounds.poll(everything=True, after=DAY)
    assert all(rounds.source(key).fetch_url == stranger.url(f"/{status}") for status, key in moved.items())
    rounds.poll(everything=True, after=DAY)
    for status, key in moved.items():
        believed = status in (301, 308)
        assert rounds.source(key).fetch_url == stranger.url("/new" if believed else f"/{status}")
        assert rounds.source(key).url == stranger.url(f"/{status}"), "as the editor gave it"


@pytest.mark.only_on("sqlite")
def test_a_wall_against_robots_is_its_own_state(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = Reply(403, headers={"cf-mitigated": "challenge"})
    key = rounds.watch(stranger.url("/feed"))
    assert rounds.poll().failed == 1
    assert rounds.source(key).state == "challenged" and "robots" in rounds.source(key).words


@pytest.mark.only_on("sqlite")
def test_a_feed_that_answers_and_is_stale_ails_too(rounds: Rounds, stranger: Stranger) -> None:
    entries = [(f"e{number}", rounds.now - (200 + number) * DAY) for number in range(6)]
    stranger.answers["/feed"] = Reply(body=rss(*entries), headers={"ETag": '"1"'})
    key = rounds.watch(stranger.url("/feed"))
    rounds.poll()
    assert rounds.source(key).state == "silent" and "is 6 months old" in rounds.source(key).words


@pytest.mark.only_on("sqlite")
def test_what_cannot_be_read_stays_so_while_nothing_changes(rounds: Rounds, stranger: Stranger) -> None:
    stranger.answers["/feed"] = [Reply(body=b"<html>", headers={"ETag": '"1"'}), Reply(304)]
    key = rounds.watch(stranger.url("/feed"))
    assert rounds.poll().failed == 1
    words = rounds.source(key).words
    rounds.poll(everything=True, after=HOUR)
    assert (rounds.source(key).state, rounds.source(key).words) == ("failing", words)
    assert conditional(stranger.requests[1])
