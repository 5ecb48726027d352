"""`digest serve`: the supervisor of the site and, if asked, the clock.

It stays as long as they do, so it loads little: whatever needs the database is asked in processes of their own.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from typing import Any

import click

from digest.cli.running.listening import Announcement, HostAndPort, listen
from digest.cli.running.supervising import Child, supervise
from digest.cli.shared.logs import log_to_stderr, take_out
from digest.config import Settings, load
from digest.web.serving.limits import THREADS


class _Bind(click.ParamType[HostAndPort]):
    """A host and a port."""

    name = "HOST:PORT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> HostAndPort:
        """Take it apart. Fails with the form and an example."""
        if isinstance(value, HostAndPort):
            return value
        host, _, port = str(value).rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65_536:
            self.fail(f"“{value}”: use HOST:PORT, for example 127.0.0.1:8000.", param, ctx)
        return HostAndPort(host, int(port))


@click.command()
@click.option("--bind", type=_Bind(), default="127.0.0.1:8000", show_default=True, help="Where to listen.")
@click.option("--with-scheduler", is_flag=True, help="Run the clock beside it; each is started again should it die.")
def serve(bind: HostAndPort, with_scheduler: bool) -> None:
    """Run the site, until Ctrl-C or SIGTERM.

    It speaks plain HTTP: in earnest, let a proxy speak HTTPS before it. Without the clock no issue is closed or sent.
    """
    log_to_stderr(logging.INFO)
    listener = listen(bind)
    settings = load()
    take_out(settings)
    _try_start()
    announcement = Announcement(bind, f"Serving on http://{bind}; the desk is at http://{bind}/desk. Stop with Ctrl-C.")
    children = [Child("site", _site(listener, settings), inherits=(listener.fileno(),))]
    if with_scheduler:
        children.append(Child("clock", [sys.executable, "-m", "digest.cli", "scheduler"]))

    def leave() -> None:
        announcement.cancel()
        listener.close()  # who comes now is refused at once, and not left waiting for nobody

    announcement.start()
    sys.exit(supervise(children, leave))


def _try_start() -> None:
    """Let what can't be used as set be said once, not by every worker."""
    tried = subprocess.run([sys.executable, "-m", "digest.cli", "try-start"], check=False)
    if tried.returncode:
        sys.exit(tried.returncode)


def _site(listener: socket.socket, settings: Settings) -> list[str]:
    """gunicorn on a socket that stays open while it is started again: whoever comes meanwhile waits, and is served."""
    worker = _BEHIND_PROXIES if settings.trusted_proxies else _DIRECT
    bind = f"fd://{listener.fileno()}"
    return [sys.executable, "-m", "gunicorn", *_GUNICORN, "--worker-class", worker, "--bind", bind, _APP]


_APP = "digest.cli.running.site:make_site(told=True)"
_DIRECT = "digest.web.serving.worker.PatientWorker"
_BEHIND_PROXIES = "digest.web.serving.worker.BehindProxies"
_GUNICORN = (
    "--workers", "2", "--threads", str(THREADS), "--no-control-socket", "--no-sendfile",
    "--graceful-timeout", "30", "--log-level", "warning", "--logger-class", "digest.cli.running.server_log.ServerLog",
    # gunicorn believes no peer: it would let a visitor say, through a proxy, where the site begins (SCRIPT_NAME). The
    # site itself believes as many proxies as TRUSTED_PROXIES says.
    "--forwarded-allow-ips", "", "--forwarder-headers", "",
)  # fmt: skip
