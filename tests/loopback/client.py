"""A plain client for these tests: as little as will do between them and the wire."""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

from .sendgrid import LoopbackSendGrid
from .test_rules import digest

HEADERS = {"Authorization": "Bearer SG.loopback", "Content-Type": "application/json"}
LOST = (http.client.HTTPException, ConnectionError, TimeoutError)


def ask(
    sendgrid: LoopbackSendGrid, method: str, path: str, body: object = None, headers: dict[str, str] = HEADERS
) -> tuple[int, http.client.HTTPMessage, Any]:
    """One request over a connection of its own: the status, the headers, and the JSON or None."""
    connection = http.client.HTTPConnection("127.0.0.1", sendgrid.port, timeout=5)
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        content = response.read()
        return response.status, response.headers, json.loads(content) if content else None
    finally:
        connection.close()


def send(sendgrid: LoopbackSendGrid, payload: object = None) -> int:
    """Post a digest, or `payload`; the status."""
    return ask(sendgrid, "POST", "/v3/mail/send", payload or digest())[0]


def until(done: Callable[[], bool]) -> None:
    """Wait until something in another thread is done; fail after five seconds."""
    deadline = time.monotonic() + 5
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.002)
