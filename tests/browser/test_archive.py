"""The archive in a real browser: what is seen first on a phone and on a desk, without a script."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.browser.conftest import Site
from tests.factories import make_summary

_TARGETS = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
_SHIFTS = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => { for (const each of list.getEntries()) sum += each.value; })
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(sum), 300);
})"""


def test_the_first_summary_is_in_the_first_screen_and_the_filters_are_at_hand(live: Site, browser: Browser) -> None:
    for number in range(25):
        day = date(2024, 5, 1) - timedelta(days=9 * number)
        make_summary(
            live.db, f"Fine {number} for a court", day, f"Gazette {number % 3}", "A fine. " * 40, ["AI", "Courts"]
        )
    with browser.new_context(viewport={"width": 375, "height": 667}, java_script_enabled=False) as phone:
        page = phone.new_page()
        weight = _weighed(page, f"{live.url}/news")
        assert weight < 50_000
        entry = page.locator(".entry").first.bounding_box()
        assert entry
        assert entry["y"] + entry["height"] / 2 < 667
        assert not page.get_by_role("heading", name="Topics").is_visible()
        page.keyboard.press("Tab")
        page.get_by_text("Filters").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="AI").first.click()
        page.wait_for_url("**/news?topic=ai")
        page.set_viewport_size({"width": 320, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    with browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=False) as desk:
        page = desk.new_page()
        page.goto(f"{live.url}/news")
        topics = page.get_by_role("heading", name="Topics").bounding_box()
        first = page.locator(".entry").first.bounding_box()
        assert topics
        assert first
        assert topics["x"] + topics["width"] <= first["x"]
        assert first["x"] + first["width"] > 1280 * 0.85
        page.get_by_label("Publication", exact=True).select_option("gazette-1")
        page.get_by_role("button", name="Show these").click()
        page.wait_for_url("**/news?**publication=gazette-1**")
        assert page.locator("[role=status].count").inner_text().startswith("8 summaries from Gazette 1")
        page.emulate_media(media="print")
        assert not page.get_by_role("heading", name="Topics").is_visible()


def test_axe_finds_nothing_in_the_archive_and_nothing_moves(live: Site, browser: Browser) -> None:
    for number in range(25):
        make_summary(live.db, f"Fine {number}", date(2024, 5, 1) - timedelta(days=9 * number), topics=["AI", "Courts"])
    looks: list[tuple[int, Literal["light", "dark"]]] = [(1280, "light"), (375, "dark"), (640, "light")]
    for width, scheme in looks:
        with browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
        ) as context:
            page = context.new_page()
            for path in ("/news", "/news?q=fine+xyzzy&topic=ai", "/news?q=nowhere&from=2024-05-01"):
                page.goto(live.url + path)
                assert page.evaluate(_SHIFTS) == 0
                if width < 960 and path == "/news":
                    page.get_by_text("Filters").click()
                violations = Axe().run(page, options=_TARGETS).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"]) for each in violations] == []


def _weighed(page: Page, url: str) -> int:
    """The bytes of all that the page needs."""
    answers = list[Response]()
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url, wait_until="networkidle")
    return sum(len(answer.body()) for answer in answers if answer.status == 200)
