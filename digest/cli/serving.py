"""`digest serve` and `digest scheduler`: the processes that run."""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import Any

import click
from flask import Flask

from digest.app import create_app
from digest.cli.installation import installation, settings_for_a_start
from digest.cli.logs import log_to_stderr, take_out
from digest.cli.supervising import Child, supervise
from digest.config import load
from digest.config.loose import close_what_is_open
from digest.config.private import PRIVATE
from digest.mail.transports import open_outbox
from digest.operations.opening import open_database
from digest.scheduler import Clock

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
    return create_app(settings)


class _Bind(click.ParamType[str]):
    """A host and a port. The server behind it would fail on anything else, be started again, and fail again."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The same. Fails with the form and an example."""
        host, _, port = str(value).rpartition(":")
        if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536:
            self.fail(f"“{value}”: use HOST:PORT, for example 127.0.0.1:8000.", param, ctx)
        return str(value)


@click.command()
@click.option("--bind", type=_Bind(), default="127.0.0.1:8000", show_default=True, help="Where to listen.")
@click.option("--with-scheduler", is_flag=True, help="Run the clock beside it; each is started again should it die.")
def serve(bind: str, with_scheduler: bool) -> None:
    """Run the site, until Ctrl-C or SIGTERM.

    It speaks plain HTTP: in earnest, let a proxy speak HTTPS before it. Without the clock no issue is closed or sent.
    """
    log_to_stderr(logging.INFO)
    open_database(settings_for_a_start()).close()  # a setting that can't be used is said here once, not by every worker
    click.echo(f"Serving on http://{bind}; the desk is at http://{bind}/desk. Stop with Ctrl-C.")
    children = [Child("site", [sys.executable, "-m", "gunicorn", *_GUNICORN, "--bind", bind, _APP])]
    if with_scheduler:
        children.append(Child("clock", [sys.executable, "-m", "digest.cli", "scheduler"]))
    sys.exit(supervise(children))


@click.command()
def scheduler() -> None:
    """Run the clock, which closes and sends issues when due.

    It also mails the proof at the cut-off and hands over single messages. Run one or several, on one host or many.
    """
    log_to_stderr(logging.INFO)
    ours = installation()
    clock = Clock(ours.db, ours.settings, open_outbox(ours.settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.stop())
    clock.run()


_APP = "digest.cli.serving:make_site(told=True)"
_GUNICORN = (
    "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket",
    "--graceful-timeout", "30", "--forwarded-allow-ips", "127.0.0.1", "--log-level", "warning",
    "--logger-class", "digest.cli.server_log.ServerLog",
)  # fmt: skip
