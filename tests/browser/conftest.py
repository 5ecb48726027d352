"""A real browser against a real server: Chromium found on the machine, the site and its clock as processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from digest import config
from digest.config import Settings
from digest.storage.base.database import Database
from tests.cli.sites import forked
from tests.cli.warm import warm_command
from tests.ports import free_port

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
        status, out, err = warm_command().run(words, self.environ)
        assert status == 0, err
        return out


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
def started() -> str:
    """How the site is: `forked`, from a process that has it loaded, or `served`, as an operator starts it."""
    return "forked"


@pytest.fixture
def live(tmp_path: Path, migrated: Path, environ_of_live: dict[str, str], started: str) -> Iterator[Site]:
    """The site on a free port, with its clock, in an installation of its own."""
    port = free_port()
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
    running = {"forked": _forked, "served": _served}[started]
    with running(environ, f"127.0.0.1:{port}", tmp_path / "log.txt"):
        wait_for(f"{settings.site_url}/health")
        db = Database(settings.database_url)
        yield Site(settings.site_url, settings, db, environ)
        db.close()


@contextmanager
def _served(environ: Mapping[str, str], bind: str, log: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "digest.cli", "serve", "--with-scheduler", "--bind", bind]
    with log.open("wb") as file, subprocess.Popen(command, env=environ, stderr=file) as process:
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(_PATIENCE) == 0


@contextmanager
def _forked(environ: Mapping[str, str], bind: str, log: Path) -> Iterator[None]:
    with forked(environ, bind, log):
        clock = warm_command().start("digest.cli", ("scheduler",), environ, log, log)
        try:
            yield
        finally:
            assert warm_command().end(clock) == 0, log.read_text()


def wait_for(url: str) -> None:
    """Until this page is there. Raises AssertionError if it does not come."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise AssertionError(f"{url} did not come up")
