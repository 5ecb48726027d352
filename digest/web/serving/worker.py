"""The gunicorn worker that `digest serve` runs: gthread's threads and parser, before them one loop that waits.

gthread holds a thread while a head, a body or an answer drips, so sixteen slow peers stop a site of sixteen threads.
Here the loop alone talks to peers. A thread gets a request when it is here as a whole, and what it writes is kept
until the peer takes it.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestHeaders, ParseException
from gunicorn.workers.gthread import ThreadWorker

from digest.web.serving.connection import Connection, Phase
from digest.web.serving.crowd import Crowd
from digest.web.serving.limits import Limits, affordable
from digest.web.serving.spool import unpacked

_PIECE = 64 * 1024
_KERNEL_KEEPS = 64 * 1024  # bytes of an answer: whoever doesn't read gets no further request answered
_NO_FILES_LEFT = (errno.EMFILE, errno.ENFILE)
_LOOKING = 1.0  # seconds between two looks at what has taken too long
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 30\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 47\r\n\r\nToo many requests at once. Try again in a while"
)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """For a site that peers reach directly. What it overrides are gthread's dealings with sockets."""

    limits = Limits()

    def init_process(self) -> None:
        """Become a worker."""
        connections = affordable(self.limits.connections)
        self.worker_connections = 2 * connections  # gthread's own limit would keep newcomers out
        self._crowd = Crowd(self.limits, connections)
        self._in_hand = 0
        self._looked = 0.0
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Let a peer in."""
        try:
            peer, client = listener.accept()
        except OSError as error:
            if error.errno in _NO_FILES_LEFT and (first := self._crowd.first_to_go()):
                self._let_go(first)
            return
        peer.setblocking(False)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_KEEPS)
        connection = Connection(self.cfg, peer, client, listener.getsockname(), self.limits)
        self.nr_conns += 1
        gives_way = self._crowd.enter(connection)
        if gives_way:
            self._let_go(gives_way)
        self._listen_to(connection)

    def finish_request(self, connection: Connection, done: Future[Any]) -> None:
        """A thread has made its answer: send it, then go on or part."""
        self._in_hand -= 1
        keep = not done.cancelled() and done.exception() is None and done.result() is True
        connection.must_close |= not keep
        connection.answered()
        self._crowd.is_answered(connection)
        self._hand_out()
        self.poller.register(connection.sock.peer, selectors.EVENT_WRITE, partial(self._send, connection))

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """In a thread: make the answer."""
        if conn.must_close:
            req.force_close()
        if conn.is_chunked:
            # Its length is known by now, and what measures bodies by their length must not be passed by this way.
            req.headers = [header for header in req.headers if header[0] != "TRANSFER-ENCODING"]
            req.headers.append(("CONTENT-LENGTH", str(conn.body_bytes)))
            if not conn.is_too_large:
                try:
                    req.body = unpacked(req.body)
                except ParseException as error:  # the parser for feeding reads no trailers
                    self._refuse(conn, type(error).__name__)
                    return False
        return super().handle_request(req, conn)

    def _keepalive_after(self, _connection: Connection, keepalive: bool) -> bool:
        """In a thread: a body that the site did not read is no matter, for it is here and goes with its request."""
        return keepalive

    def murder_keepalived(self, force: bool = False) -> None:
        """End what has taken too long, or keeps too much, once a second. `force`: at the worker's end, everything.

        gthread asks for it after every batch of events, which may be a thousand times a second.
        """
        if time.monotonic() < self._looked + _LOOKING and not force:
            return
        self._looked = time.monotonic()
        for connection in self._crowd.idle():
            if force:
                self._let_go(connection)
            elif connection.is_overdue:
                self._end(connection)
        for connection in self._crowd.too_heavy():
            self._let_go(connection)

    def _cap_keepalive(self, deadline: float) -> None:
        """The worker is asked to end: nobody keeps it for long."""
        for connection in self._crowd.idle():
            on_its_way = connection.phase in (Phase.HEAD, Phase.BODY) and connection.waiting_bytes
            latest = time.monotonic() + self.limits.stopping_seconds if on_its_way else deadline
            if connection.phase not in (Phase.IN_LINE, Phase.ANSWER):
                connection.deadline = min(connection.deadline, latest)

    def _listen_to(self, connection: Connection) -> None:
        self.poller.register(connection.sock.peer, selectors.EVENT_READ, partial(self._read, connection))

    def _read(self, connection: Connection, peer: socket.socket) -> None:
        try:
            data = peer.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(connection)
        elif connection.phase is not Phase.PARTING:
            self._take(connection, data)

    def _take(self, connection: Connection, data: bytes) -> None:
        phase = connection.phase
        try:
            is_here = connection.feed(data)
        except OSError:  # it was told to go on, and is gone
            self._close(connection)
            return
        if connection.fault:
            self._refuse(connection, connection.fault)
            self._part(connection)
        elif connection.head_is_too_large:
            self.handle_error(None, connection.sock, connection.client, LimitRequestHeaders("more than 64 KB"))
            self._part(connection)
        elif is_here:
            self.poller.unregister(connection.sock.peer)
            self._crowd.stands_in_line(connection)
            self._hand_out()
        elif connection.phase is not phase:
            self._crowd.waits(connection)

    def _hand_out(self) -> None:
        """Give the threads what they can take."""
        while self._in_hand < self.cfg.threads and (connection := self._crowd.next_in_line()):
            connection.hand_over()
            self._in_hand += 1
            self.enqueue_req(connection)

    def _send(self, connection: Connection, peer: socket.socket) -> None:
        if connection not in self._crowd:
            return
        try:
            connection.sock.flush()
        except OSError:
            self._close(connection)
            return
        if len(connection.sock.answer):
            return
        self.poller.unregister(peer)
        self._listen_to(connection)
        if connection.must_close:
            self._part(connection)
        else:
            self._begin_next(connection)

    def _begin_next(self, connection: Connection) -> None:
        rest = connection.next_request()
        self._crowd.waits(connection)
        if not self.alive:
            self._cap_keepalive(time.monotonic() + self.limits.parting_seconds)
        if rest:
            self._take(connection, rest)

    def _end(self, connection: Connection) -> None:
        """Its time is up."""
        if connection.phase in (Phase.HEAD, Phase.BODY) and self.alive:
            self._give_up(connection)
            self._part(connection)
        else:
            self._let_go(connection)

    def _refuse(self, connection: Connection, fault: str) -> None:
        """Answer a body that can't be read, which the site never sees."""
        self.log.warning("a request has a body that can't be read: %s", fault)
        try:
            util.write_error(connection.sock, 400, "Bad Request", "The body of the request can't be read.")
        except OSError:
            self.log.debug("a peer left before it could be told that its body can't be read")

    def _let_go(self, connection: Connection) -> None:
        """Close it at once, and tell a request that is not answered so."""
        self._give_up(connection)
        self._close(connection)

    def _give_up(self, connection: Connection) -> None:
        """Say so, if it has begun to ask, and as far as it takes it now."""
        try:
            if connection.phase in (Phase.HEAD, Phase.BODY) and len(connection.sock.request):
                util.write_error(connection.sock, 408, "Request Timeout", "The request took too long to come.")
            elif connection.phase is Phase.IN_LINE:
                connection.sock.sendall(_TOO_MANY)
        except OSError:
            self.log.debug("a peer left before it could be told that it is not answered")

    def _part(self, connection: Connection) -> None:
        try:
            connection.part()
        except OSError:
            self._close(connection)
        else:
            self._crowd.waits(connection)

    def _close(self, connection: Connection) -> None:
        if connection not in self._crowd:
            return
        if connection.phase is not Phase.IN_LINE:
            self.poller.unregister(connection.sock.peer)
        self._crowd.leave(connection)
        self.nr_conns -= 1
        connection.close()


class BehindProxies(PatientWorker):
    """For a site behind proxies that it trusts: all connections come from their addresses, so none is counted by it."""

    limits = Limits(per_network=None)
