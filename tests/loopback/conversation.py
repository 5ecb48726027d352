"""The socket side: reads requests, keeps connections alive, and breaks off in the manner a fault asks for."""

import contextlib
import itertools
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .answers import Answer, FieldError, refusal
from .api import ERASE, Account, Request, Verdict, judge
from .faults import (
    AnswerMalformed,
    AnswerSlowly,
    AnswerTruncated,
    DropBeforeBody,
    DropUnanswered,
    Fault,
    Hang,
    StallReading,
)
from .journal import Journal, Received
from .orders import Orders

LONGEST_GOODBYE = 5.0


@dataclass(frozen=True)
class Site:
    """What all conversations share."""

    account: Account
    orders: Orders
    journal: Journal
    keep_payloads: bool
    stopping: threading.Event = field(default_factory=threading.Event)


class Listener(ThreadingHTTPServer):
    """A thread for each connection, and an end that waits for all of them."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        """Listen there; port 0 takes any that is free."""
        super().__init__(address, Conversation)
        self.site = site
        self.numbers = itertools.count(1)
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection before its thread starts."""
        with self._changed:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection once it is closed."""
        super().shutdown_request(request)
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may vanish at any moment; only our own mistakes are worth telling."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop listening, end every connection, and wait until no thread is left in one."""
        self.site.stopping.set()
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, LONGEST_GOODBYE)


class Conversation(BaseHTTPRequestHandler):
    """One connection, for as many requests as come over it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def setup(self) -> None:
        """Number the connection, so that tests can see which requests shared one."""
        super().setup()
        self.number = next(self.server.numbers)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the journal tells it better."""

    def do_GET(self) -> None:
        """Answer any request, or fail to."""
        site = self.server.site
        path = self.path.partition("?")[0]
        index = site.journal.arrive()
        fault = site.orders.on_arrival(path)
        body = None if isinstance(fault, DropBeforeBody) else self._body(fault)
        if body is None:
            self._record(index, path, None, None, fault)
            self._hang_up()
            return
        verdict = self._verdict(path, body)
        fault = fault or site.orders.for_readers(path, {copy.address for copy in verdict.copies})
        answer = fault.answer(verdict.answer, time.time()) if fault else verdict.answer
        self._record(index, path, verdict, answer, fault)
        self._answer(answer, fault)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def _body(self, fault: Fault | None) -> bytes | None:
        """The whole body, or None if it ended early."""
        if isinstance(fault, StallReading):
            self.server.site.stopping.wait(fault.seconds)
        length = int(self.headers.get("Content-Length", 0))
        try:
            body = self.rfile.read(length)
        except OSError:
            return None
        return body if len(body) == length else None

    def _verdict(self, path: str, body: bytes) -> Verdict:
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            return Verdict(refusal(411, [FieldError("Content-Length is required")]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = self.path.partition("?")[2]
        return judge(self.server.site.account, Request(self.command, path, query, headers, body, time.time()))

    def _record(
        self, index: int, path: str, verdict: Verdict | None, answer: Answer | None, fault: Fault | None
    ) -> None:
        """Write down what is decided, before the client can hear of it."""
        site = self.server.site
        read = verdict or Verdict(Answer(400))
        accepted = read.answer.status == 202 and (fault is None or fault.accept)
        if accepted and path == ERASE and read.payload:
            site.account.erased.extend(read.payload["email_addresses"])
        site.journal.record(
            Received(
                index=index,
                time=time.time(),
                method=self.command,
                path=path,
                status=answer.status if answer and not _silent(fault) else None,
                whole=verdict is not None,
                accepted=accepted,
                fault=type(fault).__name__ if fault else None,
                message_id=read.message_id if accepted else None,
                count=read.count,
                errors=read.errors,
                copies=read.copies,
                connection=self.number,
                headers={name.lower(): value for name, value in self.headers.items()},
                payload=read.payload if site.keep_payloads else None,
            )
        )

    def _answer(self, answer: Answer, fault: Fault | None) -> None:
        encoded = answer.encoded()
        match fault:
            case AnswerSlowly():
                self._drip(encoded, fault.seconds_a_byte)
            case AnswerMalformed():
                self.wfile.write(b"220 loopback ESMTP\r\n\r\n")
            case AnswerTruncated():
                self.wfile.write(encoded[: encoded.index(b"\r\n") + 12])
            case Hang():
                self.server.site.stopping.wait(fault.seconds)
        if _silent(fault):
            self._hang_up()
        elif not isinstance(fault, AnswerSlowly):
            self.wfile.write(encoded)

    def _drip(self, encoded: bytes, seconds_a_byte: float) -> None:
        for byte in encoded:
            self.wfile.write(bytes((byte,)))
            if self.server.site.stopping.wait(seconds_a_byte):
                self._hang_up()
                return

    def _hang_up(self) -> None:
        self.close_connection = True


def _silent(fault: Fault | None) -> bool:
    """Whether the client gets no whole answer."""
    if isinstance(fault, Hang):
        return not fault.accept
    return isinstance(fault, DropUnanswered | AnswerMalformed | AnswerTruncated)
