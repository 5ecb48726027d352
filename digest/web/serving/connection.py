"""One connection: where it is in its request, until when that may take, and what gunicorn takes for its socket."""

from __future__ import annotations

import socket
import time
from enum import Enum
from typing import Any

from gunicorn import http
from gunicorn.asgi.parser import ParseError, PythonProtocol

from digest.web.serving.limits import Limits
from digest.web.serving.spool import ByteQueue

_PIECE = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Phase(Enum):
    """Whose turn it is."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"
    IN_LINE = "in line"
    """The request is here as a whole, and waits for a thread. Nothing is read from here on."""
    IN_HAND = "in hand"
    """A thread answers it."""
    ANSWER = "answer"
    PARTING = "parting"


class PatientSocket:
    """What gunicorn takes for a socket. It reads one request, which is here, and its end; it writes without waiting."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.request, self.answer = ByteQueue(), ByteQueue()
        self.sent = 0

    def recv(self, size: int) -> bytes:
        """The next bytes of the request; none at its end."""
        return self.request.take(size)

    def sendall(self, data: bytes) -> None:
        """Send what the peer takes now, and keep the rest. Raises OSError when the peer is gone."""
        self.answer.put(data)
        self.flush()

    def send(self, data: bytes) -> int:
        """Nothing: gunicorn's only use of it is the word to go on, which was given before the body came."""
        return len(data)

    def flush(self) -> None:
        """Send what is kept, as far as the peer takes it."""
        try:
            while waiting := self.answer.peek(_PIECE):
                sent = self.peer.send(waiting)
                self.answer.drop(sent)
                self.sent += sent
        except BlockingIOError:
            pass

    def gettimeout(self) -> float:
        """It never waits."""
        return 0.0

    def setblocking(self, _blocking: bool) -> None:
        """It never waits, whatever is asked."""

    def shutdown(self, _how: int) -> None:
        """The worker parts with the peer, once all has been sent."""
        raise OSError("closed by the worker")

    def close(self) -> None:
        """As `shutdown`."""


class Connection:
    """A peer and its request. The names without a docstring are those that gunicorn's threads ask of a connection."""

    initialized = data_ready = True
    is_http2 = False

    def __init__(self, cfg: Any, peer: socket.socket, client: Any, server: Any, limits: Limits) -> None:
        self.cfg, self.client, self.server = cfg, client, server
        self.sock = PatientSocket(peer)
        self.parser: Any = None
        self.must_close = False
        """Whether where the next request begins isn't known, or it isn't wanted."""
        self.head_is_too_large = False
        """Whether it sends a head without end."""
        self.fault = ""
        """What is wrong with a body that can't be read, in a word; nothing of what it says."""
        self.is_too_large = False
        """Whether it has, or announces, more of a body than is wanted."""
        self._limits = limits
        self._rest = b""
        self._begin_request(Phase.HEAD)

    def init(self) -> None:
        """There is nothing to prepare."""

    @property
    def is_overdue(self) -> bool:
        """Whether its time is up."""
        now = time.monotonic()
        if self.phase is Phase.ANSWER:
            now -= self.sock.sent / self._limits.answer_pace
        return now > self.deadline

    @property
    def waiting_bytes(self) -> int:
        """What it makes us keep."""
        return len(self.sock.request) + len(self.sock.answer)

    @property
    def is_chunked(self) -> bool:
        """Whether the peer did not say beforehand how long the body is."""
        return bool(self._framing.is_chunked)

    def feed(self, data: bytes) -> bool:
        """Take bytes in; returns whether the request is here as far as it is wanted.

        gunicorn's parser for feeding tells where a request ends. What it means is told afterwards by gunicorn's parser
        for threads, which is given the bytes of this request alone: should the two ever differ, nothing of one request
        is taken for the beginning of another.
        """
        if self.phase is Phase.IDLE:
            self._enter(Phase.HEAD, self._limits.head_seconds)
        try:
            self._find_end(data)
        except ParseError as error:
            self.must_close = True
            if self.phase is Phase.BODY:
                self.fault = type(error).__name__
            # The answer to a bad head is left to the parser for threads, which meets the same fault.
        self._rest = self._framing.remaining()
        self.sock.request.put(data[: len(data) - len(self._rest)])
        # Chunks of a byte are mostly frame, and what a chunk says that it will bring is not waited for.
        came, coming = len(self.sock.request), self._framing._chunk_remaining
        limits = self._limits
        if came > limits.head_bytes + limits.body_bytes or self.body_bytes + coming > limits.body_bytes:
            self._is_too_much()
        return self._framing.is_complete or self.must_close

    def stand_in_line(self) -> None:
        """The request is here: it waits for a thread."""
        self._enter(Phase.IN_LINE, self._limits.line_seconds)

    def hand_over(self) -> None:
        """Give the request to a thread."""
        self.parser = http.get_parser(self.cfg, self.sock, self.client)
        self._enter(Phase.IN_HAND, 0)

    def answered(self) -> None:
        """The thread has made the whole answer."""
        self.sock.request.clear()
        self._enter(Phase.ANSWER, self._limits.answer_seconds)

    def next_request(self) -> bytes:
        """Begin the next request; returns what has come of it already."""
        rest = self._rest
        self._begin_request(Phase.IDLE)
        return rest

    def part(self) -> None:
        """Close our side, and hear the peer out: closing at once could cost it the end of the answer (RFC 9112 9.6)."""
        self.sock.request.clear()
        self.sock.answer.clear()
        # Many a program reads no answer before it has sent all of its body.
        limits = self._limits
        self._enter(Phase.PARTING, limits.body_seconds if self.is_too_large else limits.parting_seconds)
        self.sock.peer.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection."""
        self.sock.request.clear()
        self.sock.answer.clear()
        self.sock.peer.close()

    def _find_end(self, data: bytes) -> None:
        """Show the parser what came, of a head no more than may be."""
        room = self._limits.head_bytes - len(self.sock.request) if self.phase is Phase.HEAD else len(data)
        self._framing.feed(data[:room])
        self.head_is_too_large = self.phase is Phase.HEAD and len(data) > room
        if not self.head_is_too_large:
            self._framing.feed(data[room:])

    def _begin_request(self, phase: Phase) -> None:
        self._rest = b""
        self.sock.sent = 0
        self.body_bytes = 0
        self._framing = PythonProtocol(
            on_headers_complete=self._head_is_here,
            on_body=self._count_body,
            limit_request_line=self.cfg.limit_request_line,
            limit_request_fields=self.cfg.limit_request_fields,
            limit_request_field_size=self.cfg.limit_request_field_size,
        )
        seconds = self._limits.idle_seconds if phase is Phase.IDLE else self._limits.head_seconds
        self._enter(phase, seconds)

    def _enter(self, phase: Phase, seconds: float) -> None:
        self.phase = phase
        self.since = time.monotonic()
        self.deadline = self.since + seconds

    def _head_is_here(self) -> bool:
        """Wait for the body, unless it is too large to be wanted; returns that the parser may go on."""
        self._enter(Phase.BODY, self._limits.body_seconds)
        if (self._framing.content_length or 0) > self._limits.body_bytes:
            self._is_too_much()
        elif self._framing.http_version >= (1, 1) and self._asks_to_go_on():
            self.sock.sendall(_CONTINUE)
        return False

    def _asks_to_go_on(self) -> bool:
        return any(name == b"expect" and value.lower() == b"100-continue" for name, value in self._framing.headers)

    def _count_body(self, chunk: bytes) -> None:
        self.body_bytes += len(chunk)
        if self.body_bytes > self._limits.body_bytes:
            self._is_too_much()

    def _is_too_much(self) -> None:
        """Want no more of it. Its length is from now on one that the site refuses before it reads what came."""
        self.must_close = self.is_too_large = True
        self.body_bytes = max(self.body_bytes, self._limits.body_bytes + 1)
