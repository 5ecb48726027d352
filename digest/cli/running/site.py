"""The site as a server process makes it, and whether it can be started at all."""

from __future__ import annotations

import logging
import os

import click
from flask import Flask

from digest.app import create_app
from digest.cli.shared.installation import settings_for_a_start
from digest.cli.shared.logs import log_to_stderr, take_out
from digest.config import load
from digest.config.loose import close_what_is_open
from digest.config.private import PRIVATE
from digest.operations.running.proxy_signs import forget_unknown_proxy
from digest.operations.running.startup import open_database
from digest.web.serving.limits import THREADS

log = logging.getLogger(__name__)


def make_site(told: bool = False) -> Flask:
    """The site for a server process, which logs with secrets and addresses taken out.

    With `told` somebody has said already what of ours other users of the machine could read.
    """
    os.umask(PRIVATE)
    log_to_stderr(logging.INFO)
    settings = load()
    take_out(settings)
    if not told:
        for words in close_what_is_open(settings):
            log.warning("%s", words)
    return create_app(settings, threads=THREADS)


@click.command(hidden=True)
def try_start() -> None:
    """Open the installation as a start would, say what is wrong with it, and end: `digest serve` asks so first."""
    settings = settings_for_a_start()
    open_database(settings).close()
    forget_unknown_proxy(settings)
