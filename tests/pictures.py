"""`make pictures`: the pictures in docs/pictures, made anew from a demo that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from digest.demo.people import EDITORS, PASSWORD
from tests.browser.conftest import wait_for

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST = 220_000
"""Bytes of a picture: each is in the repository for ever."""
_SIZE = {"width": 1280, "height": 760}
_LETTER = {"width": 700, "height": 1100}
_PAGES = {
    "site": "/",
    "archive": "/news",
    "desk": "/desk/issue",
    "sources": "/desk/sources",
    "reports": "/desk/reports",
    "operating": "/desk/operating",
    "publication": "/desk/publication",
    "originals": "/desk/originals",
    "privacy": "/privacy",
}
"""Pages by their address."""
_BEHIND = {
    "issue": ("/issues", "main a[href^='/issues/']"),
    "summary": ("/issues", "main a[href^='/issues/']", "main h2 a, main h3 a"),
    "source": ("/desk/sources", "a:has-text('The Harbour Ledger')"),
    "writing": ("/desk/summaries", "a:has-text('Public bodies sent')"),
}
"""Pages behind links: where to begin, and what to follow."""

_STORY = 3
"""Which of the inbox is shown beside it: one that several publications have."""


def main() -> int:
    """Make all pictures; 1 if one is larger than it may be."""
    with tempfile.TemporaryDirectory(prefix="digest-pictures-") as folder, _demo(Path(folder)) as (site, environ):
        (Path(folder) / "digest.html").write_text(_digest(environ), "utf-8")
        _take_all(site, Path(folder) / "digest.html")
    sizes = {path.name: path.stat().st_size for path in sorted(FOLDER.glob("*.png"))}
    for name, size in sizes.items():
        too_large = "  more than it may have" if size > LARGEST else ""
        sys.stdout.write(f"{name:14} {size // 1000:4} kB{too_large}\n")
    return int(any(size > LARGEST for size in sizes.values()))


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The demo's site, without its clock, until the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = f"http://127.0.0.1:{port}"
    ours = {"INSTANCE_PATH": str(folder), "SITE_URL": site, "DATABASE_URL": "", "MAIL_TRANSPORT": "outbox"}
    environ = {**os.environ, **ours, "POSTAL_ADDRESS": "Example Press, 1 Harbour Street, Port Ansel"}
    for words in (["db", "upgrade"], ["demo"]):
        subprocess.run(_command(*words), env=environ, check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen(_command("serve", "--bind", f"127.0.0.1:{port}"), env=environ) as process:
        try:
            wait_for(f"{site}/")
            yield site, environ
        finally:
            process.terminate()


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "digest.cli", *words]


def _digest(environ: Mapping[str, str]) -> str:
    return subprocess.run(_command("preview"), env=environ, check=True, capture_output=True, text=True).stdout


def _take_all(site: str, digest: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        # Grey edges of letters: coloured ones make a picture half as large again.
        flags = ["--no-sandbox", "--disable-gpu", "--disable-lcd-text"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport=_LETTER, locale="en-GB")  # type: ignore[arg-type]
        page.goto(digest.as_uri())
        _take(page, "digest")
        page.set_viewport_size(_SIZE)  # type: ignore[arg-type]
        _sign_in(page, site)
        for name, path in _PAGES.items():
            page.goto(site + path)
            _take(page, name)
        for name, (path, *links) in _BEHIND.items():
            page.goto(site + path)
            for link in links:
                page.goto(site + str(page.locator(link).first.get_attribute("href")))
            _take(page, name)
        page.goto(f"{site}/desk/leads")
        for _ in range(_STORY):
            page.keyboard.press("j")
        _take(page, "inbox")
        browser.close()


def _sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/desk/sign-in")
    page.locator("input[type=email]").fill(EDITORS[1][0])
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("form button").last.click()
    page.wait_for_url(f"{site}/desk/**")
    page.wait_for_load_state("networkidle")


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
