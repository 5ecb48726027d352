"""Rich text pasted into the form, in a real browser: it comes as Markdown, and Ctrl-Z takes it back."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.test_journey import ALICE, PASSWORD, alice_signs_up_as_editor
from tests.domain.writing.test_tidying import DOCS

PASTE = """(area, [html, plain]) => {
  const clipboard = new DataTransfer();
  clipboard.setData("text/html", html);
  clipboard.setData("text/plain", plain);
  return area.dispatchEvent(new ClipboardEvent("paste", {clipboardData: clipboard, bubbles: true, cancelable: true}));
}"""


def test_rich_text_is_pasted_as_markdown_and_can_be_taken_back(live: Site, browser: Browser) -> None:
    alice_signs_up_as_editor(live)
    with browser.new_context() as context:
        page = context.new_page()
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        sign_in(page, live)
        page.goto(f"{live.url}/desk/summaries/new")
        area = page.get_by_label("Summary", exact=False).and_(page.locator("textarea"))
        area.fill("Before. ")
        area.press("End")
        assert area.evaluate(PASTE, [DOCS, "plain"]) is False
        expect(area).to_have_value(
            "Before. Plain, **bold** *soft*\n\n- one\n  - below\n- two\n\n[link](https://a.example/)"
        )
        expect(page.locator(".live-preview .prose a")).to_have_attribute("href", "https://a.example/")
        area.press("Control+z")
        expect(area).to_have_value("Before. ")
        code = (
            "<meta charset='utf-8'><html><head></head><body><!--StartFragment--><div style=\"color: #ccc;font-weight: "
            'normal;white-space: pre;"><div><span style="color: red;">**raw**</span></div></div><!--EndFragment-->'
        )
        assert area.evaluate(PASTE, [code, "**raw**"]) is True
        page.route("**/desk/paste", lambda route: route.abort())
        area.evaluate(PASTE, ["<b>lost</b>", "kept"])
        expect(area).to_have_value("Before. kept")
        assert [fault for fault in faults if "ERR_FAILED" not in fault] == []


def sign_in(page: Page, live: Site) -> None:
    page.goto(f"{live.url}/desk/sign-in")
    page.get_by_label("Email").fill(ALICE)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Password").press("Enter")
    page.wait_for_url("**/desk/issue**")
