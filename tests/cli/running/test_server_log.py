"""What the running site writes to its log about secrets that strangers and readers send it: nothing."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask

from digest.app import create_app
from digest.config import Settings
from tests.cli.shell import Shell

TOKEN = "Q2hlY2stb25seS1hLXRva2VuLW5vdC1hLXNlY3JldDA"
ADDRESS = "planted.zoe@bücher.example"
COOKIE = "eyJwbGFudGVkIjoxfQ.Zg8q1w.plantedplantedplantedplanted"
PASSWORD = "planted-password"
PLANTED = (TOKEN, TOKEN[:20], "planted.zoe", COOKIE, "plantedplanted", PASSWORD, "SG.planted")
HEADERS = (
    f"Host: digest.test\r\nCookie: digest_desk={COOKIE}\r\nAuthorization: Bearer SG.planted\r\n"
    f"Referer: http://x/hold/{TOKEN}\r\n"
)
FORM = f"email={ADDRESS}&password={PASSWORD}&csrf_token={COOKIE}&next=%2Funsubscribe%2F{TOKEN}"


@pytest.fixture
def port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        number: int = found.getsockname()[1]
        return number


@pytest.fixture
def log(shell: Shell, port: int, tmp_path: Path, db: object) -> Iterator[Path]:  # noqa: ARG001
    """The log of a site that runs."""
    path = tmp_path / "log"
    with path.open("w") as file, subprocess.Popen(
        [sys.executable, "-m", "digest.cli", "serve", "--bind", f"127.0.0.1:{port}"],
        env=shell.environ, stdout=file, stderr=file,
    ) as process:  # fmt: skip
        for _ in range(600):
            with suppress(OSError):
                if b"HTTP/1.1" in sent(port, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"):
                    break
            assert process.poll() is None, path.read_text()
            time.sleep(0.1)
        yield path
        process.terminate()


def sent(port: int, request: bytes) -> bytes:
    """The beginning of the answer to a request sent as it is; nothing where the connection is only closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(OSError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(4096)
    return b""


def paths(app: Flask) -> list[tuple[str, str]]:
    """Every route with secrets in its variable parts, and each method that it takes."""
    return sorted(
        (method, re.sub(r"<(\w+:)?(\w+)>", lambda found: "1" if "int" in found[0] else TOKEN, rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


MALFORMED = (
    f"GET /unsubscribe/{TOKEN} nonsense\r\n{HEADERS}\r\n",
    f"GET /unsubscribe/{TOKEN} HTTP/9.9\r\n{HEADERS}\r\n",
    f"G\x01T /confirm/{TOKEN} HTTP/1.1\r\n{HEADERS}\r\n",
    f"GET /?next=%2Funsubscribe%2F{TOKEN}&email={ADDRESS} HTTP/1.1 x\r\n{HEADERS}\r\n",
    f"GET / HTTP/1.1\r\nCookie {COOKIE}\r\n{HEADERS}\r\n",
    f"GET / HTTP/1.1\r\nX-Note /hold/{TOKEN} {ADDRESS}\r\n\r\n",
    f"GET / HTTP/1.1\r\n{ADDRESS}: x\r\n\r\n",
    f"POST /unsubscribe/{TOKEN} HTTP/1.1\r\nTransfer-Encoding: {TOKEN}\r\n\r\n",
    f"POST /subscribe HTTP/1.1\r\n{HEADERS}Content-Length: {TOKEN}\r\n\r\n",
    f"POST /subscribe HTTP/1.1\r\n{HEADERS}Transfer-Encoding: chunked\r\n\r\n{FORM}\r\n",
    FORM + "\r\n\r\n",
    f"PROXY TCP4 {ADDRESS} /confirm/{TOKEN}\r\n\r\n",
    f"/confirm/{TOKEN}. " + "x" * 9000 + "\r\n\r\n",
)


@pytest.mark.only_on("sqlite")
def test_no_secret_of_any_request_is_in_the_log(log: Path, port: int, settings: Settings) -> None:
    app = create_app(settings, with_postman=False)
    app.extensions["digest"].db.close()
    routes = paths(app)
    assert len(routes) > 40
    for method, path in routes:
        body = FORM.encode() if method == "POST" else b""
        kind = (
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        )
        assert sent(port, f"{method} {path}?email={ADDRESS} HTTP/1.1\r\n{HEADERS}{kind}\r\n".encode() + body)
    for request in MALFORMED:
        sent(port, request.encode())
    said = log.read_text()
    assert "Invalid" in said  # the server did say something of what it could not read
    assert [planted for planted in PLANTED if planted in said] == [], said
