"""The road to SendGrid: what had not left as a whole is certain, what had is unknown, and a deadline holds."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from digest.mail.outgoing.deadline import left_until, ticking
from digest.mail.sendgrid.client import NoAnswer, NotSent, SendGridClient

LARGE = b"x" * 30_000_000
"""More than the buffers of a loopback connection hold."""


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one conversation."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            talk(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        thread.join()
        listener.close()


def read_headers(connection: socket.socket) -> None:
    while b"\r\n\r\n" not in connection.recv(65_536):
        pass


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def post(url: str, body: bytes, seconds: float = 10.0) -> int:
    client = SendGridClient("SG.key", url)
    try:
        return client.post_mail(body, ticking() + seconds).status
    finally:
        client.close()


@pytest.mark.parametrize(("status", "words"), [(413, "Payload Too Large"), (401, "Unauthorized")])
def test_a_refusal_before_the_whole_request_has_left_counts(status: int, words: str) -> None:
    def refuse(connection: socket.socket) -> None:
        read_headers(connection)
        connection.sendall(f"HTTP/1.1 {status} {words}\r\nContent-Length: 0\r\n\r\n".encode())

    with server(refuse) as url:
        assert post(url, LARGE) == status


@pytest.mark.parametrize("status", [202, 503])
def test_any_other_early_answer_says_nothing(status: int) -> None:
    def answer(connection: socket.socket) -> None:
        read_headers(connection)
        connection.sendall(f"HTTP/1.1 {status} Early\r\nContent-Length: 0\r\n\r\n".encode())
        reset(connection)

    with server(answer) as url, pytest.raises(NotSent):
        post(url, LARGE, 3.0)


def test_cut_before_the_whole_request_had_left_it_is_certain() -> None:
    def cut(connection: socket.socket) -> None:
        read_headers(connection)
        reset(connection)

    with server(cut) as url, pytest.raises(NotSent):
        post(url, LARGE)


def test_cut_after_the_last_byte_it_is_unknown() -> None:
    def cut(connection: socket.socket) -> None:
        received = b""
        while not received.endswith(b"the end"):
            received += connection.recv(65_536)

    with server(cut) as url, pytest.raises(NoAnswer):
        post(url, b"the end")


def test_nothing_is_written_after_the_deadline() -> None:
    with pytest.raises(NotSent, match="deadline"):
        post("http://127.0.0.1:9", b"{}", -1.0)


def test_a_deadline_says_what_is_left() -> None:
    assert 4.0 < left_until(ticking() + 5.0) <= 5.0
    with pytest.raises(TimeoutError):
        left_until(ticking())
