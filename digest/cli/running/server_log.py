"""The web server's own log: its first line on, and what it says of requests that never reach us, is redacted too."""

from __future__ import annotations

import logging

from gunicorn.config import Config
from gunicorn.glogging import Logger

from digest.cli.shared.logs import in_json, log_to_stderr
from digest.config import load


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log, in a process whose records all pass the redaction. Workers are forked from it, and keep that."""

    def setup(self, cfg: Config) -> None:
        """Set the process's logs up first: a malformed request is logged by the server, link and all."""
        settings = load()
        log_to_stderr(logging.INFO, settings)
        super().setup(cfg)
        if settings.log_format == "json":
            in_json(self.error_log)
