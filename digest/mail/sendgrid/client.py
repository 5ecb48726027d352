"""The connection to SendGrid: the official client over kept-alive connections, with a deadline that holds.

The official client opens a connection per call, waits without limit, follows redirects with the key attached and
honours proxy variables. Only its last step is replaced, so that the caller also learns whether the whole request had
left: until then nothing can have been accepted, from then on anything can.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

from python_http_client import Client
from sendgrid import SendGridAPIClient

from digest.mail.outgoing.deadline import left_until, ticking
from digest.mail.outgoing.failures import in_words

_LONGEST_ANSWER = 1_000_000
_LONGEST_IDLE = 15.0
_EARLY_SECONDS = 1.0
"""How long an answer is looked for after the request could not be written as a whole."""


class NotSent(Exception):
    """The request had not left as a whole, so it certainly had no effect."""


class NoAnswer(Exception):
    """The whole request had left, but no complete answer came: nobody can know what it did."""


@dataclass(frozen=True)
class HttpAnswer:
    """A complete answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class SendGridClient:
    """Calls to one SendGrid host. Threads may share it."""

    def __init__(self, api_key: str, host: str) -> None:
        official = SendGridAPIClient(api_key, host)
        official.client.request_headers["Content-Type"] = "application/json; charset=utf-8"  # passes a text through
        self._connections = _Connections(host)
        self._root = _KeptAliveClient(self._connections, host, official.client.request_headers)

    def post_mail(self, body: bytes, deadline: float) -> HttpAnswer:
        """POST /v3/mail/send with ready JSON. `deadline` is on `deadline.ticking`. Raises NotSent, NoAnswer."""
        return _as_answer(self._root.mail.send.post(request_body=_Ready(body), timeout=deadline))

    def post(self, path: str, body: bytes, deadline: float) -> HttpAnswer:
        """POST /v3/<path> with ready JSON. Raises NotSent, NoAnswer."""
        return _as_answer(self._root._(path).post(request_body=_Ready(body), timeout=deadline))

    def get(self, path: str, deadline: float, query: Mapping[str, int] | None = None) -> HttpAnswer:
        """GET /v3/<path>?<query>. Raises NotSent, NoAnswer."""
        return _as_answer(self._root._(path).get(query_params=query, timeout=deadline))

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._connections.close()


class _Ready:
    """A body as the official client takes it: it asks a text to encode itself, and makes a log line of what it got,
    which would cost milliseconds and, at DEBUG, show every address. Passed on as it is, because a copy costs too.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content

    def encode(self, _encoding: str) -> _Ready:
        return self

    def __format__(self, _spec: str) -> str:
        return f"({len(self.content)} bytes)"


class _KeptAliveClient(Client):  # type: ignore[misc]
    """The official client's chain of names, ending in our connection; its `timeout` is our deadline."""

    def __init__(self, connections: _Connections, host: str, headers: dict[str, str], path: list[str] | None = None):
        super().__init__(host=host, request_headers=headers, version=3, url_path=path or [])
        self._connections = connections

    def _build_client(self, name: str | None = None) -> _KeptAliveClient:
        path = [*self._url_path, name] if name else self._url_path
        return _KeptAliveClient(self._connections, self.host, self.request_headers, path)

    def _make_request(self, _opener: object, request: Request, timeout: float | None = None) -> _Response:
        if timeout is None:
            raise ValueError("a call to SendGrid needs a deadline")
        return _Response(self._connections.exchange(request, timeout))


class _Response:
    """What the official client expects of urllib's answer."""

    def __init__(self, answer: HttpAnswer) -> None:
        self.answer = answer

    def getcode(self) -> int:
        return self.answer.status

    def read(self) -> bytes:
        return self.answer.body

    def info(self) -> Mapping[str, str]:
        return self.answer.headers


def _as_answer(response: Any) -> HttpAnswer:
    return HttpAnswer(response.status_code, response.headers, response.body)


class _Connections:
    """Kept-alive connections to one host, each used by one thread at a time."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()

    def exchange(self, request: Request, deadline: float) -> HttpAnswer:
        """One request and its answer, both before the deadline. No redirects, no retries, no proxies."""
        connection = self._take()
        answer = connection.exchange(request, deadline)
        with self._lock:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Close the idle ones."""
        with self._lock:
            while self._idle:
                self._idle.pop().drop()

    def _take(self) -> _Connection:
        with self._lock:
            return self._idle.pop() if self._idle else _Connection(self._host)


class _Connection:
    def __init__(self, host: str) -> None:
        self._url = urlsplit(host)
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def exchange(self, request: Request, deadline: float) -> HttpAnswer:
        connection = self._open(deadline)
        try:
            self._write(connection, request, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            refusal = _early_refusal(connection, request.get_method(), deadline)
            self.drop()
            if refusal is None:
                raise NotSent(in_words(error)) from error
            return refusal
        try:
            answer, reusable = _read_answer(connection, request.get_method(), deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.drop()
            raise NoAnswer(in_words(error)) from error
        if not reusable:
            self.drop()
        self._used_at = ticking()
        return answer

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _write(self, connection: http.client.HTTPConnection, request: Request, deadline: float) -> None:
        body = request.data.content if isinstance(request.data, _Ready) else None
        headers = {name: str(value) for name, value in request.header_items()}
        _limit(connection, deadline)
        connection.request(request.get_method(), request.selector, body=body, headers=headers)

    def _open(self, deadline: float) -> http.client.HTTPConnection:
        if self._connection is not None and self._gone_stale(self._connection):
            self.drop()
        if self._connection is None:
            try:
                self._connection = self._new(deadline)
                self._connection.connect()
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.drop()
                raise NotSent(in_words(error)) from error
        return self._connection

    def _gone_stale(self, connection: http.client.HTTPConnection) -> bool:
        # A server that has closed an idle connection would make a sent request unknown; better a new connection.
        if connection.sock is None or ticking() - self._used_at > _LONGEST_IDLE:
            return True
        readable, _, _ = select.select([connection.sock], [], [], 0)
        return bool(readable)

    def _new(self, deadline: float) -> http.client.HTTPConnection:
        host, port, timeout = self._url.hostname or "", self._url.port, left_until(deadline)
        connection: http.client.HTTPConnection
        if self._url.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        connection._create_connection = lambda address, *_: _connect(address, deadline)  # type: ignore[attr-defined]
        return connection


def _connect(address: tuple[str, int], deadline: float) -> socket.socket:
    """Try each address of the host in turn; the standard library would give every one of them the whole time."""
    failure: OSError = OSError(f"{address[0]} has no address")
    for family, kind, protocol, _, resolved in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(left_until(deadline))
            sock.connect(resolved)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    raise failure


def _read_answer(connection: http.client.HTTPConnection, method: str, deadline: float) -> tuple[HttpAnswer, bool]:
    source = _DeadlineSocket(connection.sock, deadline)
    response = http.client.HTTPResponse(source, method=method)  # type: ignore[arg-type]
    response.begin()
    if source.ended:
        raise http.client.HTTPException("the answer ended within its headers")
    body = response.read(_LONGEST_ANSWER)
    if response.length and len(body) < _LONGEST_ANSWER:
        raise http.client.HTTPException("the answer ended within its body")
    headers = {name.lower(): value for name, value in response.getheaders()}
    reusable = not response.will_close and response.isclosed()
    # http.client keeps its own state machine; the answer was read past it, so it is told that it is over.
    connection._HTTPConnection__state = http.client._CS_IDLE  # type: ignore[attr-defined]
    return HttpAnswer(response.status, headers, body), reusable


def _early_refusal(connection: http.client.HTTPConnection, method: str, deadline: float) -> HttpAnswer | None:
    """A 4xx that came before the whole request had left, as to one that is too large; None if there is none.

    Any other early answer says nothing: what had not left as a whole was not accepted.
    """
    try:
        answer, _ = _read_answer(connection, method, min(deadline, ticking() + _EARLY_SECONDS))
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return None  # AttributeError: the connection never came to be
    return answer if 400 <= answer.status < 500 else None


class _DeadlineSocket:
    """A socket as `HTTPResponse` sees it: reads stop at the deadline, however slowly bytes drip in."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._reader = _DeadlineReader(sock, deadline)

    @property
    def ended(self) -> bool:
        """Whether the other side has closed."""
        return self._reader.ended

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The answer's bytes."""
        return io.BufferedReader(self._reader)


class _DeadlineReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(left_until(self._deadline))
        count = self._sock.recv_into(buffer)
        self.ended = self.ended or count == 0
        return count


def _limit(connection: http.client.HTTPConnection, deadline: float) -> None:
    connection.sock.settimeout(left_until(deadline))
