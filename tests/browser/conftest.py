"""A real browser against a real server: Chromium found on the machine, the site and its clock as processes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from digest import config
from digest.config import Settings
from digest.storage.base.database import Database

_PATIENCE = 60.0


@dataclass(frozen=True)
class Site:
    """A running installation."""

    url: str
    settings: Settings
    db: Database
    environ: Mapping[str, str]

    def run(self, *words: str) -> str:
        """`digest` with these words, which must end well; returns what it says."""
        command = [sys.executable, "-m", "digest.cli", *words]
        return subprocess.run(command, env=self.environ, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one these tests say so and are left out."""
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if path is None:
        pytest.skip("no Chromium on this machine: install the package “chromium” to run the browser tests")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        chromium = playwright.chromium.launch(executable_path=path, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def environ_of_live() -> dict[str, str]:
    """What the installation is told beside what all are."""
    return {}


@pytest.fixture
def live(tmp_path: Path, migrated: Path, environ_of_live: dict[str, str]) -> Iterator[Site]:
    """The site on a free port, with its clock, in an installation of its own."""
    port = _free_port()
    instance = tmp_path / "live"
    instance.mkdir(mode=0o700)
    shutil.copy(migrated, instance / "digest.db")
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DIGEST_", "MAIL_", "SENDGRID_"))},
        "INSTANCE_PATH": str(instance),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "POSTAL_ADDRESS": "Example Press, 1 Street, London",
        "DATABASE_URL": "",
        **environ_of_live,
    }
    settings = config.load(environ, tmp_path)
    command = [sys.executable, "-m", "digest.cli", "serve", "--with-scheduler", "--bind", f"127.0.0.1:{port}"]
    with (tmp_path / "log.txt").open("wb") as log, subprocess.Popen(command, env=environ, stderr=log) as process:
        try:
            wait_for(f"{settings.site_url}/health", process)
            db = Database(settings.database_url)
            yield Site(settings.site_url, settings, db, environ)
            db.close()
        finally:
            process.terminate()
            assert process.wait(_PATIENCE) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, "the site ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{url} did not come up")
