"""Connections to vetted addresses, with one deadline over everything that is read from them.

urllib3 speaks HTTP and TLS; how its socket comes about and how long it may be read from is decided here. The name stays
in the Host header, in TLS's server name and in what the certificate must say; only the address dialled is ours.
"""

from __future__ import annotations

import base64
import contextlib
import io
import re
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection

from digest.feeds.fetching.targets import Target
from digest.feeds.fetching.unreachable import Obstacle, Unreachable

Dial = Callable[[tuple[str, int], float], socket.socket]
"""From a numeric address and the seconds that may pass to a connected socket; raises OSError."""

_A_TRY = 5.0
"""Seconds for one of several addresses: a network without working IPv6 may swallow packets in silence."""
_LONGEST_HEAD = 256_000
_LONGEST_PROXY_HEAD = 8_192
_SENT = re.compile(rb"HTTP/1\.[01] 200\b")


class Stopwatch:
    """What is left of the time for one whole answer, redirects included."""

    def __init__(self, seconds: float) -> None:
        self._started = time.monotonic()
        self._seconds = seconds

    def left(self) -> float:
        """The seconds left. Raises TimeoutError when there are none."""
        left = self._seconds - self.passed()
        if left <= 0:
            raise TimeoutError("the time for this answer has passed")
        return left

    def passed(self) -> float:
        """The seconds since it was started."""
        return time.monotonic() - self._started


@dataclass
class Allowance:
    """How many bytes may still be read. A head has its own, so that endless headers end, too."""

    left: int = _LONGEST_HEAD

    def take(self, size: int) -> None:
        """Count what came. Raises Unreachable when it is more than was allowed."""
        self.left -= size
        if self.left < 0:
            raise Unreachable("What the server sends has no end. It is left alone.", Obstacle.TOO_LARGE)


@dataclass(frozen=True)
class Line:
    """One connection to be: where to, how long, how much."""

    target: Target
    addresses: Sequence[str]
    proxy: str
    dial: Dial
    watch: Stopwatch
    allowance: Allowance

    def connected(self) -> socket.socket:
        """A socket to the first address that answers. Raises OSError."""
        last: OSError = OSError("no address to dial")
        for number, address in enumerate(self.addresses, 1):
            patience = self.watch.left()
            if number < len(self.addresses):
                patience = min(patience, _A_TRY)
            try:
                return self._one(address, patience)
            except OSError as error:
                last = error
        raise last

    def _one(self, address: str, patience: float) -> socket.socket:
        if self.proxy:
            return _through(self.proxy, address, self.target.port, self.watch)
        sock = self.dial((address, self.target.port), patience)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(self.watch.left())
        return sock


def connection_on(line: Line, trust: ssl.SSLContext) -> HTTPConnection:
    """A connection of urllib3 that will use the line."""
    host, port = line.target.host, line.target.port
    if line.target.scheme == "https":
        return _VettedHttps(line, host, port, ssl_context=trust)
    return _VettedHttp(line, host, port)


class _VettedHttp(HTTPConnection):
    def __init__(self, line: Line, host: str, port: int) -> None:
        super().__init__(host, port)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.connected()

    def connect(self) -> None:
        super().connect()
        self.sock = _TimedSocket(self.sock, self._line)


class _VettedHttps(HTTPSConnection):
    def __init__(self, line: Line, host: str, port: int, *, ssl_context: ssl.SSLContext) -> None:
        super().__init__(host, port, ssl_context=ssl_context)
        self._line = line

    def _new_conn(self) -> socket.socket:
        return self._line.connected()

    def connect(self) -> None:
        super().connect()
        self.sock = _TimedSocket(self.sock, self._line)


class _TimedSocket:
    """A connected socket whose every read and write ends with the stopwatch, however slowly bytes drip in."""

    def __init__(self, sock: socket.socket, line: Line) -> None:
        self._sock = sock
        self._line = line

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock, self._line), 65_536)

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._line.watch.left())
        self._sock.sendall(data)

    def settimeout(self, seconds: float | None) -> None:
        """The stopwatch decides; urllib3's own idea of a timeout doesn't count."""

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, line: Line) -> None:
        self._sock = sock
        self._line = line
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._sock.settimeout(self._line.watch.left())
        size = self._raw.readinto(buffer)
        self._line.allowance.take(size or 0)
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


def _through(proxy: str, address: str, port: int, watch: Stopwatch) -> socket.socket:
    """A tunnel through the operator's proxy to the vetted address, for http too.

    Asked for a URL, a proxy would look the name up again, and might be told another address than we were.
    """
    parts = urlsplit(proxy)
    sock = socket.create_connection((parts.hostname or "", parts.port or 80), watch.left())
    try:
        where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        head = f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{_authorization(parts.username, parts.password)}\r\n"
        sock.settimeout(watch.left())
        sock.sendall(head.encode("latin-1"))
        _read_proxy_head(sock, watch)
    except BaseException:
        with contextlib.suppress(OSError):
            sock.close()
        raise
    sock.settimeout(watch.left())
    return sock


def _authorization(user: str | None, password: str | None) -> str:
    if not user:
        return ""
    pair = base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return f"Proxy-Authorization: Basic {pair}\r\n"


def _read_proxy_head(sock: socket.socket, watch: Stopwatch) -> None:
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _LONGEST_PROXY_HEAD:
        sock.settimeout(watch.left())
        byte = sock.recv(1)  # one at a time: what follows the head is the other side's
        if not byte:
            break
        head += byte
    if not _SENT.match(head):
        said = head.partition(b"\r\n")[0][:60].decode("latin-1")
        raise Unreachable(
            f"The proxy of FEED_PROXY opened no way there (“{said}”). The operator can let it CONNECT to the ports 80 "
            "and 443."
        )
