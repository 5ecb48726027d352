"""HTTP as peers speak it: whole, in pieces, in a row, badly."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.web.serving.peers import Server, get, post, rest_of, serving, until
from tests.web.serving.quick import Patient


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(Patient) as found:
        yield found


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_request_in_pieces_is_the_same_request(server: Server, size: int) -> None:
    words = post("/in", b"pieces", "Connection: close")
    with server.meet() as peer:
        for start in range(0, len(words), size):
            peer.sendall(words[start : start + size])
        assert rest_of(peer).endswith(b"\r\n\r\nPOST /in 6 6 pieces")


def test_a_body_in_chunks_has_a_length_when_it_is_here(server: Server) -> None:
    chunks = b"3\r\nabc\r\n4;extension=1\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n"
    answer = server.ask(post("/chunks", chunks, "Transfer-Encoding: chunked", "Connection: close"))
    assert answer.endswith(b"\r\n\r\nPOST /chunks 7 7 abcdefg")


def test_requests_in_a_row_are_answered_in_that_order(server: Server) -> None:
    row = get("/1") + post("/2", b"two") + post("/unread", b"thrown away") + get("/4", "close")
    bodies = [part.partition(b"\r\n\r\n")[2] for part in server.ask(row).split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"GET /1 - 0 ", b"POST /2 3 3 two", b"POST /unread 11 0 ", b"GET /4 - 0 "]


def test_a_connection_is_kept_for_the_next_request(server: Server) -> None:
    with server.meet() as peer:
        for number in range(3):
            peer.sendall(get(f"/{number}"))
            assert b"Connection: keep-alive" in until(peer, f"GET /{number} - 0 ".encode())


def test_who_asks_whether_to_go_on_is_told_so_once(server: Server) -> None:
    words = post("/go", b"body", "Expect: 100-continue", "Connection: close")
    with server.meet(words[:-4]) as peer:
        assert until(peer, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(words[-4:])
        answer = rest_of(peer)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"POST /go 4 4 body")


def test_a_head_alone_is_answered_without_a_body(server: Server) -> None:
    answer = server.ask(get("/head", "close").replace(b"GET", b"HEAD"))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


def test_an_old_peer_is_answered_and_parted_with(server: Server) -> None:
    assert server.ask(b"GET /old HTTP/1.0\r\n\r\n").endswith(b"GET /old - 0 ")


def test_a_peer_that_has_said_all_still_gets_its_answer(server: Server) -> None:
    with server.meet(get("/half")) as peer:
        peer.shutdown(1)
        assert rest_of(peer).endswith(b"GET /half - 0 ")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"hello\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\nHost: x\n\n", b"400"),
        (post("/", b"0\r\n\r\n", "Transfer-Encoding: chunked", "Content-Length: 5"), b"400"),
        (post("/", b"", "Content-Length: 5", "Content-Length: 6"), b"400"),
        (post("/", b"ab", "Content-Length: +2"), b"400"),
        (post("/", b"x\r\n\r\n", "Transfer-Encoding: chunked"), b"400"),
        (post("/", b"3\r\nabcd\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), b"400"),
        (post("/", b"", "Transfer-Encoding: gzip"), b"400"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b"431"),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(
    server: Server, request_: bytes, status: bytes
) -> None:
    answer = server.ask(request_ + get("/smuggled"))
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"smuggled" not in answer


@pytest.mark.parametrize("path", ["/", "/unread", "/catches"])
@pytest.mark.parametrize(
    "chunks",
    [
        *(
            b"%s\r\nabcdefg\r\n0\r\n\r\n" % line
            for line in (b"zz", b"-1", b"0x7", b"7;", b"7 ", b"7;a=\x01", b"", b"7;a=b\n")
        ),
        b"7\r\nabcdefg\r\nzz\r\n",
        b"7\r\nabcdefgh\r\n0\r\n\r\n",
        b"7\r\nabcdefg\r\n0\r\nX-Sum: \x01\r\n\r\n",
        b"7\r\nabcdefg\r\n0\r\nX Sum: 1\r\n\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\nContent-Length: 1\r\n\r\n",
    ],
)
def test_a_body_whose_chunks_cannot_be_read_never_reaches_the_site(server: Server, chunks: bytes, path: str) -> None:
    """Which might take what reading raises for a fault of its own, as Flask does."""
    answer = server.ask(post(path, chunks, "Transfer-Encoding: chunked") + get("/smuggled"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("size", [b"FFFFFFFFFFFFFFFFFF", b"800001", b"f" * 8_000])
def test_a_chunk_that_is_announced_too_large_is_not_waited_for(server: Server, size: bytes) -> None:
    answer = server.ask(post("/unread", size + b"\r\nabc", "Transfer-Encoding: chunked"))
    assert answer.endswith(b"\r\n\r\nPOST /unread 8388609 0 ")


def test_chunks_that_are_mostly_frame_are_too_large_a_body(server: Server) -> None:
    chunks = b"1\r\na\r\n" * 1_420_000
    answer = server.ask(post("/unread", chunks, "Transfer-Encoding: chunked"))
    assert answer.endswith(b"\r\n\r\nPOST /unread 8388609 0 ")


@pytest.mark.parametrize(
    ("fields", "end", "status"),
    [(10, b"", b"431"), (10, b"\r\n", b"431"), (9, b"\r\n", b"431"), (8, b"Connection: close\r\n\r\n", b"200")],
    ids=["without end", "80 KB", "72 KB", "64 KB at most"],
)
def test_a_head_beyond_the_limit_is_refused(server: Server, fields: int, end: bytes, status: bytes) -> None:
    """In however few reads it comes."""
    head = b"".join(b"X-%d: " % number + b"a" * 8_000 + b"\r\n" for number in range(fields))
    assert server.ask(b"GET / HTTP/1.1\r\n" + head + end).startswith(b"HTTP/1.1 " + status)


def test_a_body_that_comes_with_its_head_is_no_part_of_it(server: Server) -> None:
    answer = server.ask(post("/in", b"x" * 100_000, "Connection: close"))
    assert answer.endswith(b"POST /in 100000 100000 " + b"x" * 20)


def test_a_large_answer_comes_whole_to_whoever_reads_slowly(server: Server) -> None:
    with server.meet(get("/large", "close"), reads_little=True) as peer:
        assert len(rest_of(peer).partition(b"\r\n\r\n")[2]) == 5_000_000


def test_a_request_in_hand_is_finished_when_the_server_is_told_to_end() -> None:
    with serving(Patient) as server, server.meet(get("/slow")) as peer, server.meet(b"GET / HT") as dripping:
        time.sleep(0.3)  # it is in hand by then
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert rest_of(peer).endswith(b"GET /slow - 0 ")
        rest_of(dripping)
        server.process.wait(30)
        assert time.monotonic() - begun < 15  # of the twenty that it may take
