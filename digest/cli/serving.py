"""`digest serve` and `digest scheduler`: the processes that run."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from typing import Any

import click
from flask import Flask

from digest.app import create_app
from digest.cli.installation import installation, settings_for_a_start
from digest.cli.listening import Address, Announcement, listen
from digest.cli.logs import log_to_stderr, take_out
from digest.cli.supervising import Child, supervise
from digest.config import Settings, load
from digest.config.loose import close_what_is_open
from digest.config.private import PRIVATE
from digest.mail.transports import open_outbox
from digest.operations.forwarding import forget_unknown_proxy
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
    return create_app(settings, threads=_THREADS)


class _Bind(click.ParamType[Address]):
    """A host and a port."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """Take it apart. Fails with the form and an example."""
        if isinstance(value, Address):
            return value
        host, _, port = str(value).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536:
            self.fail(f"“{value}”: use HOST:PORT, for example 127.0.0.1:8000.", param, ctx)
        return Address(host, int(port))


@click.command()
@click.option("--bind", type=_Bind(), default="127.0.0.1:8000", show_default=True, help="Where to listen.")
@click.option("--with-scheduler", is_flag=True, help="Run the clock beside it; each is started again should it die.")
def serve(bind: Address, with_scheduler: bool) -> None:
    """Run the site, until Ctrl-C or SIGTERM.

    It speaks plain HTTP: in earnest, let a proxy speak HTTPS before it. Without the clock no issue is closed or sent.
    """
    log_to_stderr(logging.INFO)
    listener = listen(bind)
    settings = settings_for_a_start()
    open_database(settings).close()  # a setting that can't be used is said here once, not by every worker
    forget_unknown_proxy(settings)
    announcement = Announcement(bind, f"Serving on http://{bind}; the desk is at http://{bind}/desk. Stop with Ctrl-C.")
    children = [Child("site", _site(listener, settings), inherits=(listener.fileno(),))]
    if with_scheduler:
        children.append(Child("clock", [sys.executable, "-m", "digest.cli", "scheduler"]))

    def leave() -> None:
        announcement.cancel()
        listener.close()  # who comes now is refused at once, and not left waiting for nobody

    announcement.start()
    sys.exit(supervise(children, leave))


def _site(listener: socket.socket, settings: Settings) -> list[str]:
    """gunicorn on a socket that stays open while it is started again: whoever comes meanwhile waits, and is served."""
    worker = _BEHIND_PROXIES if settings.trusted_proxies else _DIRECT
    bind = f"fd://{listener.fileno()}"
    return [sys.executable, "-m", "gunicorn", *_GUNICORN, "--worker-class", worker, "--bind", bind, _APP]


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
_DIRECT = "digest.web.serving.worker.PatientWorker"
_BEHIND_PROXIES = "digest.web.serving.worker.BehindProxies"
_THREADS = 8
_GUNICORN = (
    "--workers", "2", "--threads", str(_THREADS), "--no-control-socket", "--no-sendfile",
    "--graceful-timeout", "30", "--forwarded-allow-ips", "127.0.0.1", "--log-level", "warning",
    "--logger-class", "digest.cli.server_log.ServerLog",
)  # fmt: skip
