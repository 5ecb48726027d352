"""What goes to a publisher, byte for byte, and what becomes of what comes back."""

from __future__ import annotations

import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from digest.feeds.fetching.fetcher import FEEDS, Fetcher, FetchRules, Unreachable, Validators
from tests.feeds.internet import AGENT, NOW, OTHER, PUBLIC, Internet, loopback
from tests.feeds.server import Reply, Stranger, redirect

FEED = b"<rss><channel><title>Field notes</title></channel></rss>"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_request_is_these_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Stranger() as stranger:
        stranger.answers["/feed"] = Reply(
            body=FEED, headers={"Set-Cookie": "a=b", "Alt-Svc": 'h2="127.0.0.1:9"', "Refresh": "0;url=/x"}
        )
        loopback().get(stranger.url("/feed?format=atom"), now=NOW)
        loopback().get(
            stranger.url("/feed"), validators=Validators('W/"ü\\1"', "yesterday, or so"), accept="text/html", now=NOW
        )
    host = f"127.0.0.1:{stranger.address[1]}"
    assert stranger.heads[0].decode() == "\r\n".join((
        "GET /feed?format=atom HTTP/1.1", f"Host: {host}", f"User-Agent: {AGENT}", f"Accept: {FEEDS}",
        "Accept-Encoding: gzip, deflate", "Connection: close",
    ))  # fmt: skip
    assert stranger.heads[1].decode("latin-1") == "\r\n".join((
        "GET /feed HTTP/1.1", f"Host: {host}", f"User-Agent: {AGENT}", "Accept: text/html",
        "Accept-Encoding: gzip, deflate", "Connection: close",
        'If-None-Match: W/"ü\\1"', "If-Modified-Since: yesterday, or so",
    ))  # fmt: skip
    assert len(stranger.requests) == 2


def test_an_answer_says_what_came() -> None:
    headers = {
        "ETag": 'W/"a b-\xe4"', "Last-Modified": "Sun, 1 Mar 2026 08:00:00 GMT",
        "Cache-Control": "public, max-age=7200",
        "Retry-After": "120", "Content-Type": "application/rss+xml; charset=utf-8",
    }  # fmt: skip
    with Stranger() as stranger:
        stranger.answers["/feed"] = Reply(body=FEED, headers=headers, packed=True)
        answer = loopback().get(stranger.url("/feed#top"), now=NOW)
    assert (answer.status, answer.url, answer.moved_to, answer.body) == (200, stranger.url("/feed"), "", FEED)
    assert answer.validators == Validators('W/"a b-\xe4"', "Sun, 1 Mar 2026 08:00:00 GMT")
    assert (answer.fresh_for, answer.retry_after) == (timedelta(hours=2), NOW + timedelta(minutes=2))
    assert (answer.content_type, answer.challenged) == ("application/rss+xml; charset=utf-8", False)
    assert 0 < answer.seconds < 5


def test_refusals_and_unchanged_are_answers_without_validators_made_up() -> None:
    with Stranger() as stranger:
        for status in (304, 404, 410, 429, 500, 503):
            stranger.answers["/feed"] = Reply(
                raw=b"HTTP/1.1 %d So\r\nContent-Length: %d\r\n\r\n" % (status, 0 if status == 304 else 9999)
            )
            answer = loopback().get(stranger.url("/feed"), now=NOW)
            assert (answer.status, answer.validators, answer.fresh_for, answer.retry_after) == (
                status,
                Validators(),
                timedelta(),
                None,
            )


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 302), False), ((307, 308), False), ((303,), False)],
)
def test_only_a_chain_of_permanent_redirects_is_a_move(statuses: tuple[int, ...], moved: bool) -> None:
    with Stranger() as stranger:
        for number, status in enumerate(statuses):
            stranger.answers[f"/{number}"] = redirect(f"/{number + 1}", status)
        stranger.answers[f"/{len(statuses)}"] = Reply(body=FEED)
        answer = loopback().get(stranger.url("/0"), validators=Validators('"1"'), now=NOW)
    assert answer.url == stranger.url(f"/{len(statuses)}")
    assert answer.moved_to == (answer.url if moved else "")
    assert {request.header("If-None-Match") for request in stranger.requests} == {'"1"'}
    assert not any(request.header("Referer") or request.header("Cookie") for request in stranger.requests)


def test_ten_redirects_are_followed_and_no_more() -> None:
    with Stranger() as stranger:
        for number in range(12):
            stranger.answers[f"/{number}"] = redirect(f"/{number + 1}")
        assert loopback().get(stranger.url("/2"), now=NOW).status == 404
        with pytest.raises(Unreachable, match="More than 10 redirects"):
            loopback().get(stranger.url("/1"), now=NOW)
    assert len(stranger.requests) == 11 + 11


def test_a_circle_is_called_one() -> None:
    with Stranger() as stranger:
        stranger.answers = {
            "/a": redirect("/b#x", 301),
            "/b": redirect("//" + stranger.url("/a").partition("//")[2], 301),
        }
        with pytest.raises(Unreachable, match=r"redirects in a circle, back to http://127\.0\.0\.1:\d+/a\. Open it"):
            loopback().get(stranger.url("/a"), now=NOW)
    assert len(stranger.requests) == 2


def test_a_redirect_without_an_address_is_an_answer() -> None:
    with Stranger() as stranger:
        stranger.answers["/"] = Reply(302)
        assert loopback().get(stranger.url(), now=NOW).status == 302


def test_another_host_is_asked_on_a_connection_of_its_own() -> None:
    with Stranger() as one, Stranger() as two:
        one.answers["/"] = redirect("http://two.example/x")
        internet = Internet({"one.example": [PUBLIC], "two.example": [OTHER]}, {(PUBLIC, 80): one, (OTHER, 80): two})
        internet.fetcher().get("http://one.example/", now=NOW)
    assert internet.dialled == [(PUBLIC, 80), (OTHER, 80)]
    assert two.requests[0].header("Host") == "two.example"


@pytest.mark.parametrize("place", ["head", "body", "redirects"])
def test_a_dripping_server_holds_nobody_longer_than_the_deadline(place: str) -> None:
    with Stranger() as stranger:
        stranger.answers["/head"] = Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"x" * 999, drip=0.02)
        stranger.answers["/body"] = Reply(raw=b"HTTP/1.1 200 OK\r\n\r\n", drip=0.005)
        stranger.answers["/redirects"] = Reply(raw=b"HTTP/1.1 302 On\r\nLocation: /body\r\n\r\n", drip=0.005)
        began = time.monotonic()
        with pytest.raises(Unreachable, match="did not answer in full within the time") as caught:
            loopback().get(stranger.url(f"/{place}"), deadline=0.4, now=NOW)
    assert 0.35 < time.monotonic() - began < 10
    assert not caught.value.refused


def test_a_look_up_that_hangs_ends_with_the_deadline_too() -> None:
    over = threading.Event()

    def hang(_host: str, _port: int) -> list[str]:
        over.wait(60)
        return [PUBLIC]

    began = time.monotonic()
    with pytest.raises(Unreachable, match="could not be looked up in time"):
        Fetcher(FetchRules((), "", AGENT), hang).get("http://slow.example/", deadline=0.1, now=NOW)
    assert time.monotonic() - began < 4
    over.set()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(body=b"x" * 1_000_001), "larger than 1 MB"),
        (Reply(body=bytes(range(256)) * 4_000, packed=True), "larger than 1 MB|more than a hundred times"),
        (Reply(body=b" " * 900_000, packed=True), "more than a hundred times its size"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n"), "no HTTP that can be read"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"), "no HTTP that can be read"),
        (Reply(raw=(b"HTTP/1.1 100 Continue\r\nX: " + b"y" * 50_000 + b"\r\n\r\n") * 7), "has no end"),
        (Reply(raw=CHUNKED + (b"1;" + b"e" * 60_000 + b"\r\nx\r\n") * 40), "has no end"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08junk"), "can’t be undone|cut off"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nx"), "packs what it sends as “br”"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\nx"), "packs what it sends as “gzip, gzip”"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx"), "before its answer was whole"),
        (Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx"), None),
        (Reply(raw=CHUNKED + b"zz\r\n"), "before its answer was whole"),
        (Reply(raw=b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx"), "no HTTP that can be read"),
        (Reply(raw=b"\x15\x03\x01\x00\x02\x02\x50"), "no HTTP that can be read"),
        (Reply(raw=b""), "ended the connection before its answer was whole"),
    ],
)  # fmt: skip
def test_what_is_too_much_or_broken_is_said_and_bounded(reply: Reply, words: str | None) -> None:
    with Stranger() as stranger:
        stranger.answers["/"] = reply
        if words is None:
            assert loopback().get(stranger.url(), limit=1_000_000, now=NOW).status == 200
            return
        with pytest.raises(Unreachable, match=words):
            loopback().get(stranger.url(), limit=1_000_000, now=NOW)


def test_deflate_comes_with_and_without_its_wrapper_and_gzip_may_be_a_lie() -> None:
    raw = zlib.compressobj(wbits=-15)
    with Stranger() as stranger:
        for body, encoding in (
            (zlib.compress(FEED), "deflate"), (raw.compress(FEED) + raw.flush(), "deflate"),
            (FEED, "gzip"), (FEED, "identity"),
        ):  # fmt: skip
            stranger.answers["/"] = Reply(body=body, headers={"Content-Encoding": encoding})
            assert loopback().get(stranger.url(), now=NOW).body == FEED


def test_a_bomb_that_unpacks_to_much_more_than_is_allowed_is_left_after_a_few_pieces() -> None:
    engine = zlib.compressobj(wbits=31)
    bomb = b"".join(engine.compress(b"\0" * 1_000_000) for _ in range(30)) + engine.flush()
    with Stranger() as stranger:
        stranger.answers["/"] = Reply(body=bomb, headers={"Content-Encoding": "gzip"})
        began = time.process_time()
        with pytest.raises(Unreachable) as caught:
            loopback().get(stranger.url(), now=NOW)
    assert caught.value.refused
    assert time.process_time() - began < 5


def test_thirty_at_once_get_their_own_answers() -> None:
    with Stranger() as stranger:
        stranger.answers = {f"/{number}": Reply(body=b"%d" % number) for number in range(60)}
        fetcher = loopback()
        with ThreadPoolExecutor(30) as threads:
            bodies = threads.map(lambda number: fetcher.get(stranger.url(f"/{number}"), now=NOW).body, range(60))
            assert list(bodies) == [b"%d" % number for number in range(60)]
