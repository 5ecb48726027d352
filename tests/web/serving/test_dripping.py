"""Peers that take their time, or keep their place: they cost a place, never a thread, and not for long."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.web.serving.little_site import LARGE
from tests.web.serving.peers import Server, get, post, rest_of, serving, until
from tests.web.serving.quick import Hurried, Light, Narrow, Patient, Small

HALF_A_BODY = post("/", b"x" * 1_000)[:-500]


@pytest.fixture(scope="module")
def hurried() -> Iterator[Server]:
    with serving(Hurried) as found:
        yield found


@pytest.fixture(scope="module")
def patient() -> Iterator[Server]:
    with serving(Patient) as found:
        yield found


def drip(peer: socket.socket, byte: bytes) -> bytes:
    """Say a byte every now and then until the other side has had enough; returns its last words."""
    peer.setblocking(False)
    for _ in range(200):
        try:
            peer.send(byte)
            if words := peer.recv(1_000):
                return words
        except BlockingIOError:
            time.sleep(0.02)
        except ConnectionError:
            return b""
    raise AssertionError("nobody minds")


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\nX-Long: ", HALF_A_BODY])
def test_whoever_drips_is_told_that_time_is_up(hurried: Server, first: bytes) -> None:
    with hurried.meet(first) as peer:
        assert drip(peer, b"x").startswith(b"HTTP/1.1 408 ")


def test_a_body_dripping_in_chunks_is_told_so_too(hurried: Server) -> None:
    with hurried.meet(post("/", b"", "Transfer-Encoding: chunked") + b"ffff\r\n") as peer:
        assert drip(peer, b"x").startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("first", [b"", get("/")])
def test_whoever_says_nothing_is_parted_with(hurried: Server, first: bytes) -> None:
    with hurried.meet(first) as peer:
        assert (b"200 OK" in rest_of(peer)) == bool(first)


def test_whoever_does_not_read_an_answer_is_parted_with(hurried: Server) -> None:
    with hurried.meet(get("/large"), reads_little=True) as peer:
        time.sleep(2.5)
        assert len(rest_of(peer)) < LARGE


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_not_waited_for(hurried: Server, chunked: bool) -> None:
    """The site hears how long it is, and what it says comes through to whoever sends on regardless."""
    whole = b"x" * 3_000_000
    if chunked:
        words = post("/unread", b"", "Transfer-Encoding: chunked") + b"%x\r\n" % len(whole) + whole
    else:
        words = post("/unread", whole)
    answer = hurried.ask(words)
    length = int(answer.partition(b"/unread ")[2].split()[0])
    assert 200_000 < length <= 3_000_000
    assert b"Connection: close" in answer


def test_a_body_that_is_mostly_frame_is_not_waited_for() -> None:
    crumbs = b"1\r\nx\r\n" * 60_000
    with serving(Small) as server:
        begun = time.monotonic()
        server.ask(post("/unread", b"", "Transfer-Encoding: chunked") + crumbs)
        assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("first", "reads_little"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\n", False),
        (HALF_A_BODY, False),
        (get("/"), False),
        (get("/large"), True),
        (get("/large") * 5, True),
    ],
    ids=["silent", "head", "body", "kept", "reader", "readers in a row"],
)
def test_forty_slow_peers_hold_not_even_the_only_thread(patient: Server, first: bytes, reads_little: bool) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(patient.meet(first, reads_little))
        begun = time.monotonic()
        for _ in range(5):
            assert patient.ask(get("/quick", "close")).endswith(b"GET /quick - 0 ")
        assert time.monotonic() - begun < 5


def test_of_too_many_of_one_network_the_longest_waiting_gives_way() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving(Narrow))
        first, *others = [stack.enter_context(server.meet(HALF_A_BODY)) for _ in range(8)]
        newcomer = stack.enter_context(server.meet(get("/new")))
        until(newcomer, b"GET /new - 0 ")
        assert b"408" in rest_of(first)
        for other in others:
            other.sendall(b"x" * 500)
            until(other, b"POST / 1000 1000 ")


def test_of_too_much_that_waits_the_heaviest_gives_way() -> None:
    with serving(Light) as server, server.meet(HALF_A_BODY) as light:
        heavy = server.meet(post("/", b"x" * 3_000_000)[:-1])
        with heavy:
            rest_of(heavy)
        light.sendall(b"x" * 500)
        until(light, b"POST / 1000 1000 ")


def test_files_are_left_for_everybody() -> None:
    """Of 200 files that the process may open, 128 are the site's own: idle peers give way before there are none."""
    with ExitStack() as stack:
        server = stack.enter_context(serving(Patient, files=200))
        for _ in range(250):
            stack.enter_context(server.meet())
        assert server.ask(get("/quick", "close")).endswith(b"GET /quick - 0 ")
