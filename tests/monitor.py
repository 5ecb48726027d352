"""A server of the operator's own on loopback: it notes what it is told, and answers as it is set to."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass(frozen=True)
class Heard:
    """One request; of a GET the body is empty."""

    method: str
    path: str
    body: str
    headers: Mapping[str, str]


class Monitor(HTTPServer):
    """Notes what it is told at its own address; answers with `status`.

    Whoever else on this machine asks this port, which somebody had before, is answered 404 and not noted.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[Heard] = []
        self.status = 200
        self.path = f"/hook-{secrets.token_hex(8)}"

    @property
    def url(self) -> str:
        """Where it takes anything."""
        return f"http://127.0.0.1:{self.server_port}{self.path}"


@contextmanager
def listening() -> Iterator[Monitor]:
    """One that is there until the block ends."""
    with Monitor() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Monitor

    def do_GET(self) -> None:
        self._hear("")

    def do_POST(self) -> None:
        self._hear(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def log_message(self, *_: object) -> None:
        """Keeps quiet."""

    def _hear(self, body: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        ours = self.path == self.server.path
        if ours:
            self.server.heard.append(Heard(self.command, self.path, body, headers))
        self.send_response(self.server.status if ours else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
