"""A real `digest serve` on a port of its own: what a stranger's requests are timed against."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.ports import free_port

_PATIENCE = 60.0


@dataclass(frozen=True)
class Site:
    """The site and its processes."""

    host: str
    port: int
    pid: int

    def connect(self) -> HTTPConnection:
        """A connection that is kept as long as it is not closed."""
        return HTTPConnection(self.host, self.port, timeout=_PATIENCE)

    def memory(self) -> int:
        """What all its processes have in memory now, in kB; a page that two share counts twice."""
        return resident(self.pid)


@contextmanager
def serving(environ: Mapping[str, str], *options: str) -> Iterator[Site]:
    """`digest serve` until the block ends; `environ` has the settings of an installation whose database is made."""
    port = free_port()
    command = [sys.executable, "-m", "digest.cli", "serve", "--bind", f"127.0.0.1:{port}", *options]
    shell = {"PATH": os.environ["PATH"], **environ}
    with subprocess.Popen(command, env=shell, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            site = Site("127.0.0.1", port, process.pid)
            _wait_for(site, process)
            yield site
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def resident(pid: int) -> int:
    """What a process and all that it has started have in memory now, in kB."""
    process = Path(f"/proc/{pid}")
    try:
        children = (process / f"task/{pid}/children").read_text().split()
        found = re.search(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())
    except OSError:
        return 0
    return int(found[1]) + sum(resident(int(child)) for child in children) if found else 0


def _wait_for(site: Site, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        connection = site.connect()
        try:
            connection.request("GET", "/robots.txt")
            connection.getresponse().read()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        finally:
            connection.close()
