"""The link that sets a password, pressed in a real browser: it sends headers that a test client does not."""

from __future__ import annotations

import re

from playwright.sync_api import Browser

from tests.browser.conftest import Site
from tests.browser.test_journey import ALICE, PASSWORD, link_in


def test_an_invited_editor_sets_a_password_and_signs_in(live: Site, browser: Browser) -> None:
    link = link_in(live.run("editors", "add", ALICE, "--admin"), "/desk/password/")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(link)
        for field in page.locator("input[type=password]").all():
            field.fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        page.wait_for_url(re.compile("/desk/sign-in"))
        page.get_by_label("Email").fill(ALICE)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.wait_for_url(re.compile("/desk/issue"))
