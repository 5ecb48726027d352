"""Logs: to standard error, with secrets and addresses taken out whatever library writes them.

Every record of every logger of a process is made by one factory, which takes them out before any handler sees it, the
server's own handlers and those of libraries included. What is written to standard error without a logger (traces,
warnings, prints) passes the same redaction on its way.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TextIO

from digest.cli.shared.log_lines import JsonLines, TextLines, as_json
from digest.config import Settings
from digest.domain.running.redaction import Redaction

_TOO_CHATTY = ("alembic", "python_http_client", "urllib3", "cssutils", "CSSUTILS")
_FORM_OF_A_COMMAND = "digest: %(message)s"
_LONGEST_LINE = 65_536

redacted = Redaction()
"""Without knowledge of this installation’s own secrets."""


def log_to_stderr(level: int, settings: Settings | None = None) -> None:
    """Send this process's logs to standard error, and let nothing else by: for a process that runs until it is ended.

    With settings, their secrets are known and taken out wherever they stand.
    """
    _handle(level, TextLines())
    if not isinstance(sys.stderr, _Guarded):
        sys.stderr = _Guarded(sys.stderr)
        atexit.register(sys.stderr.end)
    take_out(settings)


def log_as_a_command() -> None:
    """The same for a command: what it says to whoever runs it may name a reader, what it logs may not."""
    _handle(logging.WARNING, logging.Formatter(_FORM_OF_A_COMMAND))
    take_out(None)
    sys.excepthook = _tell_of_exception
    threading.excepthook = _tell_of_thread


def take_out(settings: Settings | None) -> None:
    """From now on take this installation's own secrets out of every record, too, and write as its LOG_FORMAT says."""
    _Guarded.redaction = redaction = Redaction(settings.secrets) if settings else redacted
    logging.setLogRecordFactory(lambda *args, **named: _without_secrets(logging.LogRecord(*args, **named), redaction))
    _Guarded.in_json = settings is not None and settings.log_format == "json" and isinstance(sys.stderr, _Guarded)
    if _Guarded.in_json:
        in_json(logging.getLogger())


def in_json(logger: logging.Logger) -> None:
    """Have the handlers of this logger write one JSON object a line."""
    for handler in logger.handlers:
        handler.setFormatter(JsonLines())


class _Guarded:
    """Standard error, whole lines at a time, with secrets and addresses taken out."""

    redaction = redacted
    in_json = False

    def __init__(self, inner: TextIO) -> None:
        self._inner = inner
        self._begun = ""

    def write(self, text: str) -> int:
        """Write it as far as its last line is whole: a secret in two writes is one."""
        lines, end, self._begun = (self._begun + text).rpartition("\n")
        if len(self._begun) > _LONGEST_LINE:
            lines, end, self._begun = lines + end + self._begun, "\n", ""
        if end:
            safe = self.redaction(lines)
            self._inner.write((as_json(safe) if self.in_json else safe) + end)
        return len(text)

    def end(self) -> None:
        """Write what is left, when the process ends."""
        if self._begun:
            self.write("\n")
        self._inner.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def _handle(level: int, form: logging.Formatter) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in _TOO_CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # its errors are those of strangers' pages
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns every five seconds that a long tick still runs


def _without_secrets(record: logging.LogRecord, redaction: Redaction) -> logging.LogRecord:
    """The record as text: nothing is left that a handler could format anew."""
    record.msg, record.args = redaction(_message(record)), ()
    if record.exc_info and record.exc_info[0]:
        record.exc_text = redaction("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    record.exc_info = None
    record.stack_info = redaction(record.stack_info) if record.stack_info else None
    return record


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args!r}"


def _tell_of_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value and failure.exc_type is not SystemExit:
        _tell_of_exception(failure.exc_type, failure.exc_value, failure.exc_traceback)


def _tell_of_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(_Guarded.redaction("".join(traceback.format_exception(kind, error, trace))))
