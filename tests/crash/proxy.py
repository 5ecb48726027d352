"""The road between a sender and SendGrid, which may end at any byte of a request or of its answer."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_PIECE = 65_536


@dataclass(frozen=True)
class Cut:
    """Where the road ends: after so many bytes of the request, or of the answer; None: never. `hard`: by a reset."""

    request: int | None = None
    answer: int | None = None
    hard: bool = False


class Proxy:
    """Forwards TCP to a port of this machine, and cuts each connection as `cut` says at the time it is made."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.cut = Cut()
        self.sent = 0
        """Bytes of the last connection's requests, and of its answers."""
        self.answered = 0

    @property
    def url(self) -> str:
        """What belongs into SENDGRID_HOST."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Listen."""
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop, once every connection has ended."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is on the road any more; the sender must have closed its connections."""
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._start(lambda near=near: self._road(near, self.cut))  # type: ignore[misc]

    def _road(self, near: socket.socket, cut: Cut) -> None:
        self.sent = self.answered = 0
        with near, socket.create_connection(("127.0.0.1", self._to)) as far:
            back = threading.Thread(target=self._carry, args=(far, near, cut.answer, cut, self._count_answer))
            back.start()
            self._carry(near, far, cut.request, cut, self._count_request)
            back.join()

    def _carry(
        self, source: socket.socket, target: socket.socket, most: int | None, cut: Cut, count: Callable[[int], None]
    ) -> None:
        """One way, until it ends or is cut; a cut ends both ways."""
        carried = 0
        with suppress(OSError):
            while most is None or carried < most:
                piece = source.recv(_PIECE if most is None else min(_PIECE, most - carried))
                if not piece:
                    break
                target.sendall(piece)
                carried += len(piece)
                count(len(piece))
        if most is not None and carried >= most and cut.hard:
            for end in (source, target):
                with suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _count_request(self, count: int) -> None:
        self.sent += count

    def _count_answer(self, count: int) -> None:
        self.answered += count

    def _start(self, what: Callable[[], None]) -> None:
        thread = threading.Thread(target=what, daemon=True)
        self._threads.append(thread)
        thread.start()
