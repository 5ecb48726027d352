"""A gunicorn with our worker, and peers who talk to it byte by byte."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from digest.web.serving.worker import PatientWorker

PATIENCE = 20.0


@dataclass(frozen=True)
class Server:
    """Where it listens, and its process."""

    port: int
    process: subprocess.Popen[bytes]

    def meet(self, first: bytes = b"", reads_little: bool = False, source: str = "127.0.0.1") -> socket.socket:
        """A peer, which has said this; `source` is its address, one of this machine's own."""
        peer = socket.socket()
        peer.bind((source, 0))
        if reads_little:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        peer.settimeout(PATIENCE)
        peer.connect(("127.0.0.1", self.port))
        peer.sendall(first)
        return peer

    def ask(self, request: bytes) -> bytes:
        """All that is answered to this until the connection is closed."""
        with self.meet(request) as peer:
            return rest_of(peer)


@contextmanager
def serving(worker: type[PatientWorker], threads: int = 1, files: int | None = None) -> Iterator[Server]:
    """A server of one process; `files` is how many it may open."""

    def few_files() -> None:
        if files:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    with socket.create_server(("127.0.0.1", 0), backlog=1_000) as listener:
        command = [
            sys.executable, "-m", "gunicorn", "--worker-class", f"{worker.__module__}.{worker.__name__}",
            "--threads", str(threads), "--no-control-socket", "--no-sendfile", "--log-level", "critical",
            "--graceful-timeout", "20", "--bind", f"fd://{listener.fileno()}", "tests.web.serving.little_site:site",
        ]  # fmt: skip
        process = subprocess.Popen(command, pass_fds=[listener.fileno()], preexec_fn=few_files)
        port = listener.getsockname()[1]
    with process:
        server = Server(port, process)
        try:
            server.ask(get("/", "close"))
            yield server
        finally:
            process.terminate()
            process.wait(PATIENCE)


def get(path: str, connection: str = "keep-alive") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: digest.test\r\nConnection: {connection}\r\n\r\n".encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: digest.test", *headers]
    if not any(header.startswith("Transfer-Encoding") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def rest_of(peer: socket.socket) -> bytes:
    """What is still said to this peer, until its connection is closed."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while more := peer.recv(65_536):
            found += more
    return found


def until(peer: socket.socket, words: bytes) -> bytes:
    """What is said to this peer up to these words."""
    found = b""
    while words not in found:
        more = peer.recv(65_536)
        assert more, found
        found += more
    return found
