"""How a line of the log looks: as text for people, or as one JSON object a line for programs (LOG_FORMAT)."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from digest.operations.shared.log_context import JOB, REQUEST

_TEXT = "%(asctime)s %(levelname)s %(name)s%(where)s: %(message)s"
_BEGINNING = '{"at": '


class TextLines(logging.Formatter):
    """Lines for people. What was written in a request, or in a job of the clock, says in which."""

    def __init__(self) -> None:
        super().__init__(_TEXT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        """The line, with where it was written."""
        about = f"request {REQUEST.get()}" if REQUEST.get() else JOB.get()
        record.where = f" ({about})" if about else ""
        return super().formatMessage(record)


class JsonLines(logging.Formatter):
    """Lines for programs: `at` (RFC 3339), `level`, `logger`, `message`, and where there is one `request`, `job`,
    `trace`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line. Its secrets were taken out when it was made."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        more = {"request": REQUEST.get(), "job": JOB.get(), "trace": record.exc_text or record.stack_info or ""}
        line = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        return json.dumps(line | {name: value for name, value in more.items() if value}, ensure_ascii=False)


def as_json(lines: str) -> str:
    """What was written to standard error without a logger, each line an object; those that are one stay."""
    return "\n".join(line if line.startswith(_BEGINNING) else _unlogged(line) for line in lines.split("\n"))


def _unlogged(line: str) -> str:
    record = logging.LogRecord("stderr", logging.WARNING, "", 0, line, None, None)
    return JsonLines().format(record)
