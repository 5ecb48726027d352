"""What SendGrid puts in a response: statuses, headers, and errors in its own shape."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class FieldError:
    """One entry of `{"errors": […]}`; `field` is None where SendGrid names no culprit."""

    message: str
    field: str | None = None
    help: str | None = None


@dataclass(frozen=True)
class Answer:
    """One HTTP response, before it goes on the wire."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self) -> bytes:
        """The response as HTTP/1.1, ready to be written in one piece."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", "Server: loopback"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body


def json_answer(status: int, content: object, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """`content` as JSON under `status`."""
    return Answer(status, json.dumps(content).encode(), (("Content-Type", "application/json"), *headers))


def refusal(status: int, errors: Iterable[FieldError], headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A refusal in SendGrid's shape."""
    return json_answer(status, {"errors": [vars(error) for error in errors]}, headers)
