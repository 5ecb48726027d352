"""What the running site writes to its log about secrets that strangers and readers send it: nothing."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from digest.app import create_app
from digest.config import Settings
from digest.operations.shared.links import unsubscribe_url
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from tests.cli.shell import Shell
from tests.cli.sites import forked
from tests.factories import make_subscriber
from tests.ports import free_port

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
    return free_port()


@pytest.fixture
def log(shell: Shell, port: int, tmp_path: Path, db: object) -> Iterator[Path]:  # noqa: ARG001
    """The log of a site that runs."""
    path = tmp_path / "log"
    with forked(shell.environ, f"127.0.0.1:{port}", path):
        wait_for(lambda: is_served(port))
        yield path


@contextmanager
def serving(shell: Shell, port: int, path: Path) -> Iterator[Path]:
    """`digest serve`, and its log."""
    with path.open("w") as file, subprocess.Popen(
        [sys.executable, "-m", "digest.cli", "serve", "--bind", f"127.0.0.1:{port}"],
        env=shell.environ, stdout=file, stderr=file,
    ) as process:  # fmt: skip
        try:
            wait_for(lambda: is_served(port))
            yield path
        finally:
            process.terminate()


def is_served(port: int) -> bool:
    """Whether anything answers."""
    with suppress(OSError):
        return b"HTTP/1.1" in sent(port, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return False


def sent(port: int, request: bytes) -> bytes:
    """The beginning of the answer to a request sent as it is; nothing where the connection is only closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(OSError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return connection.recv(4096)
    return b""


def posted(port: int, path: str, form: str) -> bytes:
    """The beginning of the answer to a form."""
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\nConnection: close\r\n"
    return sent(port, f"POST {path} HTTP/1.1\r\nHost: x\r\n{kind}\r\n{form}".encode())


def wait_for(seen: Callable[[], bool]) -> None:
    """Look until it is so, half a minute at most."""
    deadline = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


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


@pytest.fixture
def in_json(shell: Shell) -> Shell:
    """A site behind a proxy that logs in JSON, and whose SendGrid is not there."""
    changed = {"LOG_FORMAT": "json", "TRUSTED_PROXIES": "1", "SENDGRID_HOST": "http://127.0.0.1:9"}
    return Shell(shell.environ | changed | {"SENDGRID_API_KEY": "SG.planted-key"})


@pytest.mark.only_on("sqlite")
def test_a_reader_who_comes_and_goes_leaves_no_trace_in_a_log_of_json(
    in_json: Shell, port: int, tmp_path: Path, db: Database, settings: Settings
) -> None:
    reader = make_subscriber(db, settings, "planted.max@example.org")
    leaving = unsubscribe_url(settings, reader.link_key).partition("digest.test")[2]
    with serving(in_json, port, tmp_path / "log") as log:
        posted(port, "/subscribe", "email=planted.zoe@example.org")
        wait_for(lambda: "to p***@example.org: " in log.read_text())  # SendGrid is not there
        with db.reading() as session:
            letter = session.scalars(select(Message.text).where(Message.recipient == "planted.zoe@example.org")).one()
        confirming = re.search(r"digest\.test(/confirm/\S+)", letter)
        assert confirming
        assert b" 200 " in posted(port, confirming[1], "")
        assert b" 200 " in posted(port, leaving, "")
        with db.writing() as session:
            session.execute(text("ALTER TABLE topics RENAME TO elsewhere"))
        broken = sent(port, b"GET /news?q=planted-question HTTP/1.1\r\nHost: x\r\nX-Request-ID: cafe-0123\r\n"
                      b"Connection: close\r\n\r\n")  # fmt: skip
        assert broken.startswith(b"HTTP/1.1 503")
        assert b"\r\nX-Request-ID: cafe-0123\r\n" in broken
    lines = [json.loads(line) for line in log.read_text().splitlines() if not line.startswith("Serving on")]
    assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines)
    assert [line["message"] for line in lines if line.get("request") == "cafe-0123"] == [
        "database: no such table: topics"
    ]
    said = log.read_text()
    planted = ("planted", confirming[1].split("/")[2], leaving.split("/")[2], "SG.", "illness")
    assert [one for one in planted if one in said] == [], said


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
