"""`digest serve` as an operator runs it, and the proxies of the documents before it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from digest.cli.running import serving as running
from tests.cli.shell import Shell
from tests.cli.warm import warm_command
from tests.ports import free_port

PROXIES = Path(__file__).parents[2] / "docs" / "proxies"
PATIENCE = 30.0


@dataclass(frozen=True)
class Door:
    """Where the site is reached."""

    port: int

    def get(self, path: str, **headers: str) -> tuple[int, str, float]:
        """Status, text and seconds of an answer."""
        begun = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path, headers={"Host": "digest.example.org"} | headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        return response.status, text, time.monotonic() - begun


@contextmanager
def serving(shell: Shell, *words: str) -> Iterator[tuple[Door, subprocess.Popen[str]]]:
    """The site, from when it says that it is served until it has ended."""
    port = free_port()
    process = shell.start_anew("serve", "--bind", f"127.0.0.1:{port}", *words)
    with process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said == f"Serving on http://127.0.0.1:{port}; the desk is at http://127.0.0.1:{port}/desk. " + (
            "Stop with Ctrl-C.\n"
        )
        try:
            yield Door(port), process
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


@contextmanager
def forked(environ: Mapping[str, str], bind: str, log: Path) -> Iterator[None]:
    """The site that `digest serve` starts, without Python's start of each process: five seconds of the processor. It is
    there a moment later.
    """
    words = (*running._GUNICORN, "--worker-class", running._DIRECT, "--bind", bind, running._APP)
    site = warm_command().start("gunicorn", words, environ, log, log)
    try:
        yield
    finally:
        assert warm_command().end(site) == 0, log.read_text()


@contextmanager
def behind(proxy: str, site: Door, folder: Path, without: str = "") -> Iterator[Door]:
    """A proxy of the documents, on plain HTTP/1.1; else only addresses and where it keeps its files are changed.

    What its file has about HTTPS and HTTP/2 is not tried so. `without` is a line of the file to leave out.
    """
    program = _found(proxy)
    port = free_port()
    text = (PROXIES / {"caddy": "Caddyfile", "nginx": "nginx.conf"}[proxy]).read_text()
    assert without in text
    text = text.replace(without, "")
    command = {"caddy": _caddy, "nginx": _nginx}[proxy](program, text, port, site.port, folder)
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with (folder / f"{proxy}.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, stdout=log, env=environ)
    with process:
        try:
            _until_it_answers(port, process)
            yield Door(port)
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _found(proxy: str) -> str:
    program = shutil.which(proxy, path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip(f"{proxy} is not here, so docs/proxies is not tried with it: apt-get install {proxy}")
    return program


def _caddy(program: str, text: str, port: int, to: int, folder: Path) -> list[str]:
    for ours, theirs in (
        ("{\n\tservers", "{\n\tadmin off\n\tservers"),
        ("\ndigest.example.org {", f"\nhttp://:{port} {{"),
        ("127.0.0.1:8000", f"127.0.0.1:{to}"),
    ):
        assert text.count(ours) == 1, ours
        text = text.replace(ours, theirs)
    file = folder / "Caddyfile"
    file.write_text(text)
    return [program, "run", "--config", str(file), "--adapter", "caddyfile"]


def _nginx(program: str, text: str, port: int, to: int, folder: Path) -> list[str]:
    """In a frame with the figures of Debian's own /etc/nginx/nginx.conf."""
    for ours, theirs in (
        ("    listen 80;\n    listen [::]:80;\n", f"    listen 127.0.0.1:{free_port()};\n"),
        ("    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n", f"    listen 127.0.0.1:{port};\n"),
        ("    ssl_certificate     /etc/letsencrypt/live/digest.example.org/fullchain.pem;\n", ""),
        ("    ssl_certificate_key /etc/letsencrypt/live/digest.example.org/privkey.pem;\n", ""),
        ("/var/log/nginx/digest.log", str(folder / "access.log")),
        ("127.0.0.1:8000", f"127.0.0.1:{to}"),
    ):
        assert text.count(ours) == 1, ours
        text = text.replace(ours, theirs)
    (folder / "site.conf").write_text(text)
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; worker_processes auto; pid {folder}/pid; error_log stderr;\n"
        "events { worker_connections 768; }\n"
        f"http {{ {kept} include {folder}/site.conf; }}\n"
    )
    return [program, "-e", "stderr", "-c", str(folder / "nginx.conf")]


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the proxy ended by itself"
        try:
            Door(port).get("/robots.txt")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the proxy does not answer")
