"""A stranger's web server on loopback that answers as told, byte by byte if need be, and keeps each request's head.

    with Stranger() as stranger:
        stranger.answers["/feed"] = Reply(body=b"<rss/>", headers={"ETag": '"1"'})
        ... stranger.url("/feed") ...
        assert stranger.heads[0].startswith(b"GET /feed HTTP/1.1")

An answer is a Reply, a list of them (the last one stays), or a function from Request to Reply. Other paths are 404.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Self

_LONGEST_HEAD = 65_536
_TLS = b"\x16"
"""What a handshake begins with; servers that speak none say so in plain text."""


@dataclass(frozen=True)
class Request:
    """What came: the exact head, and the parts of it that tests ask for."""

    head: bytes

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode("latin-1")

    def header(self, name: str) -> str:
        """A header's value, empty if it was not sent."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            found, _, value = line.partition(":")
            if found.lower() == name.lower():
                return value.strip()
        return ""


@dataclass(frozen=True)
class Reply:
    """One answer. `raw` is sent as it is, instead of a head made of the rest."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    packed: bool = False
    """Whether the body goes in gzip."""
    drip: float = 0
    """Seconds between two bytes of the whole answer; after the last, blanks follow until the client leaves."""

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body = gzip.compress(self.body, mtime=0) if self.packed else self.body
        packed = {"Content-Encoding": "gzip"} if self.packed else {}
        headers = {"Content-Type": "application/xml"} | packed | dict(self.headers)
        if not self.drip:
            headers = {"Content-Length": str(len(body))} | headers
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirect(location: str, status: int = 302) -> Reply:
    """An answer that leads elsewhere."""
    return Reply(status, headers={"Location": location})


Answering = Reply | list[Reply] | Callable[[Request], Reply]


class Stranger:
    """The server: `answers` by path, and what it saw: `requests`, and `connections` even without any."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answering] = {}
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = tls
        self._listening = socket.create_server((host, port), backlog=128)
        self._over = threading.Event()
        self.address: tuple[str, int] = self._listening.getsockname()[:2]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def url(self, path: str = "/") -> str:
        """The address of a path here."""
        return f"{'https' if self._tls else 'http'}://{self.address[0]}:{self.address[1]}{path}"

    @property
    def heads(self) -> list[bytes]:
        """The exact head of each request, up to its empty line."""
        return [request.head for request in self.requests]

    @property
    def paths(self) -> list[str]:
        """What was asked for, in turn."""
        return [request.path for request in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.settimeout(10)
            plain = self._tls.wrap_socket(sock, server_side=True) if self._tls else sock
            with plain:
                self._answer(plain)

    def _answer(self, sock: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _LONGEST_HEAD:
            received = sock.recv(4096)
            if not received:
                return
            head += received
            if head.startswith(_TLS):
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
        request = Request(head.partition(b"\r\n\r\n")[0])
        self.requests.append(request)
        self._send(sock, self._reply(request))
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_WR)

    def _reply(self, request: Request) -> Reply:
        found = self.answers.get(request.path.partition("?")[0], Reply(404))
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, Reply) else found(request)

    def _send(self, sock: socket.socket, reply: Reply) -> None:
        if not reply.drip:
            sock.sendall(reply.encoded())
            return
        for byte in reply.encoded():
            sock.sendall(bytes((byte,)))
            if self._over.wait(reply.drip):
                return
        while not self._over.wait(reply.drip):
            sock.sendall(b" ")
