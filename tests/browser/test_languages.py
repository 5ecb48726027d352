"""Readers' pages written from right to left, and with German's long words: nothing sticks out, nothing is missed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from digest.storage.running.branding import branding_for_change
from tests.browser.conftest import Site
from tests.factories import make_summary


@pytest.mark.parametrize(("tag", "direction"), [("ar", "rtl"), ("de", "ltr")])
def test_no_page_scrolls_sideways_and_axe_finds_nothing(live: Site, browser: Browser, tag: str, direction: str) -> None:
    now = datetime.now(UTC)
    summary = make_summary(
        live.db, "Court annuls a fine", topics=["AI", "Enforcement"], body="> Quoted.\n\n1. One", at=now
    )
    with live.db.writing() as session:
        branding_for_change(session).language = tag
    pages = (
        "/",
        "/news",
        "/issues",
        "/privacy",
        "/confirm/x",
        "/nowhere",
        f"/news/euractiv/court-annuls-a-fine/{summary}",
    )
    with browser.new_context(bypass_csp=True) as context:
        reader = context.new_page()
        for path in pages:
            reader.goto(live.url + path)
            assert reader.evaluate("document.dir") == direction, f"{path}: {reader.content()[:2_000]}"
            for width in (1280, 320):
                reader.set_viewport_size({"width": width, "height": 800})
                assert reader.evaluate("document.documentElement.scrollWidth") <= width, f"{path} at {width}"
                edge = reader.evaluate("document.querySelector('.masthead-name').getBoundingClientRect()")
                assert (edge["right"] > width / 2) is (direction == "rtl"), f"{path} at {width}"
            found = Axe().run(reader).response["violations"]
            assert found == [], f"{path}: {found}"
