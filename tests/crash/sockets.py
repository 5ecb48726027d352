"""The steps of a request: before and after the connection, within what is sent, and within the answer.

A subclass of the socket cuts whatever the client writes at the boundaries of the HTTP request that it carries, so it
does not matter in how many writes the client does it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.crash.patches import put

_END_OF_HEADERS = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


def watch_sockets(pass_step: Callable[[str], None]) -> None:
    """Let every connection over IP that this process opens from now on pass its steps."""
    WatchedSocket.pass_step = staticmethod(pass_step)
    put(socket, "socket", WatchedSocket)


class WatchedSocket(socket.socket):
    """A socket that tells where it is in a request."""

    pass_step: Callable[[str], None] = staticmethod(lambda _step: None)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._request = Request()

    def connect(self, address: Any) -> None:
        """Connect, between two steps."""
        if not self._watched:
            super().connect(address)
            return
        self.pass_step("before connect")
        super().connect(address)
        self.pass_step("after connect")

    def sendall(self, data: Any, *flags: Any) -> None:
        """Send, stopping at each boundary on the way."""
        if not self._watched:
            super().sendall(data, *flags)
            return
        view, sent = memoryview(data).cast("B"), 0
        for boundary, step in self._request.boundaries(bytes(view)):
            super().sendall(view[sent:boundary])
            sent = boundary
            self.pass_step(step)
        super().sendall(view[sent:])

    def send(self, data: Any, *flags: Any) -> int:
        """The same."""
        if not self._watched:
            return super().send(data, *flags)
        self.sendall(data)
        return len(memoryview(data).cast("B"))

    def sendmsg(self, buffers: Iterable[Any], *more: Any) -> int:
        """The same, for several buffers at once."""
        if not self._watched:
            return super().sendmsg(buffers, *more)
        return self.send(b"".join(bytes(buffer) for buffer in buffers))

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        """Receive; the first bytes of an answer are a step."""
        count = super().recv_into(*arguments, **named)
        self._heard()
        return count

    def recv(self, *arguments: Any) -> bytes:
        """The same."""
        found = super().recv(*arguments)
        self._heard()
        return found

    @property
    def _watched(self) -> bool:
        return self.family in (socket.AF_INET, socket.AF_INET6)

    def _heard(self) -> None:
        if self._watched and self._request.complete:
            self._request = Request()
            self.pass_step("at the first byte of the answer")


class Request:
    """Where a stream of bytes is in an HTTP request with a Content-Length, or with no body."""

    def __init__(self) -> None:
        self._headers = b""
        self._length: int | None = None
        self._body = 0

    @property
    def complete(self) -> bool:
        """Whether every byte of it was written."""
        return self._length is not None and self._body >= self._length

    def boundaries(self, data: bytes) -> Iterator[tuple[int, str]]:
        """Offsets in these next bytes at which a step is passed."""
        start = 0
        if self._length is None:
            self._headers += data
            end = self._headers.find(_END_OF_HEADERS)
            if end < 0:
                return
            start = len(data) - (len(self._headers) - end - len(_END_OF_HEADERS))
            found = _LENGTH.search(self._headers[:end])
            self._length = int(found[1]) if found else 0
            if self._length:
                yield start, "after the headers"
        middle, last = self._length // 2 - self._body, self._length - self._body
        self._body += len(data) - start
        if self._length and 0 < middle <= len(data) - start:
            yield start + middle, "in the middle of the body"
        if self._length and 0 < last <= len(data) - start:
            yield start + last, "after the last byte"
