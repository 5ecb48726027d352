"""A summary’s page and an issue’s in a real browser: axe, zoom, print, without scripts, and nothing that jumps."""

from __future__ import annotations

import json
from datetime import date
from functools import partial

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.browser.conftest import Site
from tests.factories import make_summary

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) sum += each.value; })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 300);
})"""
WIDE = """[location.href, ...[...document.querySelectorAll("*")]
  .filter(each => each.getBoundingClientRect().right > innerWidth + 1).map(each => each.outerHTML.slice(0, 200))]"""
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung und ihre Folgen für alle"


def test_the_archives_pages_serve_everybody(live: Site, browser: Browser) -> None:
    keys = [
        make_summary(live.db, title, date(2024, 5, day), topics=["AI", "Courts"])
        for day, title in ((13, LONG), (14, "Court annuls fine"), (15, "Another court annuls a fine"))
    ]
    file = live.settings.instance_path / "issues.jsonl"
    file.write_text(json.dumps({"date": "2024-05-17", "subject": "Two fines fall", "summaries": keys}))
    live.run("issues", "import", str(file))
    paths = [f"/news/euractiv/court-annuls-fine/{keys[1]}", "/issues/2024-05-17", "/issues"]
    paths.append(f"/news/x/y/{keys[0]}")
    for width, scale in ((1280, 1), (375, 1), (320, 1), (640, 2)):  # the last: 1,280 wide at 200 % zoom
        size = ViewportSize(width=width, height=800)
        with browser.new_context(viewport=size, device_scale_factor=scale, bypass_csp=True) as context:
            page, troubles = context.new_page(), list[str]()
            page.on("console", partial(_note, troubles))
            for path in paths:
                _stays_put(page, live.url + path, width)
                if width != 375:  # what axe finds there it finds at 320
                    _axe_finds_nothing(page)
                assert troubles == []
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(live.url + paths[0])
        page.get_by_text("BibTeX, to copy").click()
        assert page.locator("pre.copy").is_visible()
        _prints_as_an_article(page, live.url + paths[0])


def _note(troubles: list[str], said: ConsoleMessage) -> None:
    if said.type == "error":
        troubles.append(said.text)


def _stays_put(page: Page, url: str, width: int) -> None:
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.evaluate(WIDE)
    assert page.evaluate(SHIFTS) == 0


def _axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page, options=AXE).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], page.url


def _prints_as_an_article(page: Page, url: str) -> None:
    page.emulate_media(media="print")
    cited = page.locator("p.copy")
    assert cited.is_visible()
    assert f", {url}?at=" in cited.inner_text()
    for unprinted in ("nav", ".site-foot", "aside", ".related", "details"):
        assert not page.locator(unprinted).first.is_visible(), unprinted
