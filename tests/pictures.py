"""`make pictures`: the pictures in docs/pictures, and docs/pages.md that shows them, made anew from a demo that is gone
afterwards. Readers' pages and messages are taken wide and on a phone, the desk's wide, its daily ones on a phone too.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from digest.demo.people import EDITORS, PASSWORD
from tests.browser.conftest import wait_for
from tests.browser.test_journey import link_in, soon
from tests.conftest import html_of, text_of
from tests.ports import free_port

DOCS = Path(__file__).parents[1] / "docs"
FOLDER = DOCS / "pictures"
LARGEST = 120_000
"""Bytes of a picture: each is in the repository for ever."""
_WIDE = {"width": 1280, "height": 760}
_PHONE = {"width": 375, "height": 760}
_COLOURS = 64
"""Of a picture's palette: a third of the bytes of all, and no difference that one sees."""
_READER = "zoe@reader.example"

_PUBLISHED = ".row:has-text('Issue of') .row-title a"


@dataclass(frozen=True)
class Shot:
    """A page to be taken: its name, what it is, where to begin, and which links to follow from there."""

    name: str
    words: str
    path: str
    links: tuple[str, ...] = ()
    phone: bool = False


_FOR_READERS = (
    Shot("site", "The front page: what this is, the latest summaries, the form", "/"),
    Shot("archive", "The archive", "/news"),
    Shot("archive-search", "A search in it", "/news?q=patients"),
    Shot("summary", "A summary", "/issues", ("main a[href^='/issues/']", "main h2 a, main h3 a")),
    Shot("issues", "Past issues", "/issues"),
    Shot("issue", "A past issue", "/issues", ("main a[href^='/issues/']",)),
    Shot("about", "Who publishes this", "/about"),
    Shot("about-feeds", "What our poller does, for publishers", "/about/feeds"),
    Shot("privacy", "How personal data is handled", "/privacy"),
    Shot("not-found", "An address where nothing is", "/nothing-here"),
)
_ON_THE_DESK = (
    Shot("inbox", "Leads: the inbox, a story beside it", "/desk/leads", phone=True),
    Shot("lead", "A lead by itself", "/desk/leads", (".lead-title",), phone=True),
    Shot("lead-new", "Bringing an address", "/desk/leads/new"),
    Shot("sources", "What is watched", "/desk/sources", phone=True),
    Shot("source", "One source, with its rules", "/desk/sources", ("a:has-text('The Harbour Ledger')",)),
    Shot("summaries", "Summaries and drafts", "/desk/summaries", phone=True),
    Shot("writing", "A summary being written", "/desk/summaries", ("a:has-text('Public bodies sent')",), phone=True),
    Shot("summary-history", "The history of one", "/desk/summaries", (_PUBLISHED, "a[href$='/history']")),
    Shot("publications", "Publications", "/desk/publications"),
    Shot("one-publication", "One of them, to rename or to merge", "/desk/publications", ("main tbody a, main li a",)),
    Shot("topics", "Topics", "/desk/topics"),
    Shot("originals", "Originals that no longer answer", "/desk/originals"),
    Shot("desk", "The week’s issue", "/desk/issue", phone=True),
    Shot("reports", "What became of past issues", "/desk/reports"),
    Shot("report", "One issue’s report", "/desk/reports", ("main tbody a",)),
    Shot("subscribers", "Subscribers, for admins", "/desk/subscribers", phone=True),
    Shot(
        "subscriber",
        "One of them, and what can be done for them",
        "/desk/subscribers",
        ("main tbody a, main .row a",),
        phone=True,
    ),
    Shot("reader-import", "Bringing a file of readers in", "/desk/subscribers/import"),
    Shot("suppressions", "Addresses that are never mailed", "/desk/suppressions", phone=True),
    Shot("outbox", "Messages, where none really leaves", "/desk/outbox"),
    Shot("publication", "What makes a publication its own", "/desk/publication"),
    Shot("editors", "Editors and their roles", "/desk/editors"),
    Shot("audit", "Who did what", "/desk/audit"),
    Shot("login", "One’s own login", "/desk/account"),
    Shot("operating", "Is all well?", "/desk/operating", phone=True),
)


def main() -> int:
    """Make all pictures and their page; 1 if a picture is larger than it may be."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.png"):
        path.unlink()
    with tempfile.TemporaryDirectory(prefix="digest-pictures-") as folder, _demo(Path(folder)) as (site, environ):
        (Path(folder) / "digest.html").write_text(_digest(environ), "utf-8")
        sections = _take_all(site, Path(folder))
    (DOCS / "pages.md").write_text(_gallery(sections), "utf-8")
    sizes = {path.name: path.stat().st_size for path in sorted(FOLDER.glob("*.png"))}
    for name, size in sizes.items():
        if size > LARGEST:
            sys.stdout.write(f"{name} has {size // 1000} kB, more than it may have\n")
    sys.stdout.write(f"{len(sizes)} pictures, {sum(sizes.values()) // 1000:,} kB\n")
    return int(any(size > LARGEST for size in sizes.values()))


@contextmanager
def _demo(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The demo's site, without its clock, until the end."""
    port = free_port()
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


_Sections = Mapping[str, Sequence[tuple[str, str, bool]]]
"""What docs/pages.md shows: under each heading names, words, and whether there is one of a phone."""


def _take_all(site: str, folder: Path) -> _Sections:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        # Grey edges of letters: coloured ones make a picture half as large again.
        flags = ["--no-sandbox", "--disable-gpu", "--disable-lcd-text"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page(viewport=_WIDE, locale="en-GB")  # type: ignore[arg-type]
        taken = {
            "For readers": [_shoot(page, site, shot) for shot in _FOR_READERS],
            "A reader’s own pages": _own_pages(page, site, folder),
            "Messages": _messages(page, folder),
        }
        _sign_in(page, site)
        taken["The desk"] = [
            ("sign-in", "Signing in", False),
            *(_shoot(page, site, shot) for shot in _ON_THE_DESK),
        ]
        browser.close()
    return taken


def _shoot(page: Page, site: str, shot: Shot) -> tuple[str, str, bool]:
    page.goto(site + shot.path)
    for link in shot.links:
        page.goto(site + str(page.locator(link).first.get_attribute("href")))
    if shot.name == "inbox":
        for _ in range(3):  # A story that several publications have.
            page.keyboard.press("j")
    phone = shot.phone or shot in _FOR_READERS
    _take(page, shot.name, phone)
    return shot.name, shot.words, phone


def _own_pages(page: Page, site: str, folder: Path) -> list[tuple[str, str, bool]]:
    """From the form to leaving, and what is held, by the links in the messages."""
    taken = []

    def take(name: str, words: str, then: Callable[[], object]) -> None:
        _take(page, name, True)
        taken.append((name, words, True))
        then()
        page.wait_for_load_state("networkidle")

    def press(selector: str = "main form button[type=submit]") -> Callable[[], object]:
        return lambda: page.locator(selector).first.click()

    def follow(subject: str, path: str) -> Callable[[], object]:
        return lambda: page.goto(link_in(text_of(_mail(folder, subject)), path))

    page.goto(site)
    page.locator("form[action='/subscribe'] input[type=email]").first.fill(_READER)
    press("form[action='/subscribe'] button")()
    page.wait_for_load_state("networkidle")
    take("asked", "After asking: what to do if nothing comes", follow("onfirm", "/confirm/"))
    take("confirm", "Behind the link: one button", press())
    take("confirmed", "Confirmed", follow("Welcome", "/preferences/"))
    take("preferences", "Topics, a pause, by the link in each message", follow("Welcome", "/unsubscribe/"))
    take("leave", "Leaving asks once", press())
    take("left", "Left, with one button back", lambda: page.goto(f"{site}/privacy"))
    page.locator("input[type=email]").first.fill(_READER)
    press("form:has(input[type=email]) button")()
    page.wait_for_load_state("networkidle")
    take("own-page-asked", "Asked for one’s own page", follow("Your data", "/yours/"))
    take("own-page", "What is held, another address, erasing: by a fresh link", lambda: None)
    return taken


def _messages(page: Page, folder: Path) -> list[tuple[str, str, bool]]:
    taken = []
    page.goto((folder / "digest.html").as_uri())
    for name, words, subject in (
        ("mail-digest", "The digest", ""),
        ("mail-confirmation", "The question whether one asked", "onfirm"),
        ("mail-welcome", "The welcome", "Welcome"),
        ("mail-own-page", "The link to one’s own page", "Your data"),
    ):
        if subject:
            page.set_content(html_of(_mail(folder, subject)))
        _take(page, name, True, {"width": 700, "height": 1000})
        taken.append((name, words, True))
    return taken


def _mail(folder: Path, subject: str) -> EmailMessage:
    """The newest message to our reader whose subject has these words, once it is there."""

    def look() -> EmailMessage | None:
        for path in sorted((folder / "outbox").glob("*.eml"), reverse=True):
            message = message_from_bytes(path.read_bytes(), policy=default)
            if isinstance(message, EmailMessage) and message["To"] == _READER and subject in str(message["Subject"]):
                return message
        return None

    return soon(look)


def _sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/desk/sign-in")
    _take(page, "sign-in", False)
    page.locator("input[type=email]").fill(EDITORS[1][0])
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("form button").last.click()
    page.wait_for_url(f"{site}/desk/**")
    page.wait_for_load_state("networkidle")


def _take(page: Page, name: str, phone: bool, wide: Mapping[str, int] = _WIDE) -> None:
    for size, file in ((wide, name), *(((_PHONE, f"{name}-phone"),) if phone else ())):
        page.set_viewport_size(size)
        page.wait_for_load_state("networkidle")
        drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        drawn.quantize(_COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{file}.png", optimize=True)
    page.set_viewport_size(_WIDE)  # type: ignore[arg-type]


def _gallery(sections: _Sections) -> str:
    lines = [
        "# Pages and messages",
        "",
        "Each as the demo shows it, wide and, where people read on the way, on a phone. `make pictures` takes them.",
    ]
    for heading, taken in sections.items():
        lines += ["", f"## {heading}"]
        for name, words, phone in taken:
            lines += ["", f"### {words}", "", f"![{words}](pictures/{name}.png)"]
            if phone:
                lines.append(f"![{words}, on a phone](pictures/{name}-phone.png)")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
