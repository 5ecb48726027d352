"""Logs: to standard error, with secrets and addresses taken out whatever library writes them."""

from __future__ import annotations

import logging
import re

from digest.domain.addresses import masked

_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
_SECRET = re.compile(r"SG\.[\w-]{8,}(?:\.[\w-]+)?|(?<=Bearer )\S+")
_TOKEN = re.compile(r"(?<=/)(?:[\w-]{43})(?=[\s\"'?/]|$)")
_TOO_CHATTY = ("alembic", "python_http_client", "apscheduler", "urllib3", "cssutils", "CSSUTILS")


class Redacting(logging.Formatter):
    """Formats a record, then takes out keys, link tokens and the local parts of addresses, traces included."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """The text without secrets, and with addresses masked."""
    text = _SECRET.sub("[secret]", text)
    text = _TOKEN.sub("[token]", text)
    return _ADDRESS.sub(lambda found: masked(found[0]), text)


def log_to_stderr(level: int) -> None:
    """Send this process's logs to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TOO_CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
