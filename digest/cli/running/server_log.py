"""The web server's own log: its first line on, and what it says of requests that never reach us, is redacted too."""

from __future__ import annotations

import logging

from gunicorn.config import Config
from gunicorn.glogging import Logger

from digest.cli.shared.logs import log_to_stderr
from digest.config import load


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log, in a process whose records all pass the redaction. Workers are forked from it, and keep that."""

    def setup(self, cfg: Config) -> None:
        """Set the process's logs up first: a malformed request is logged by the server, link and all."""
        log_to_stderr(logging.INFO, load())
        super().setup(cfg)
