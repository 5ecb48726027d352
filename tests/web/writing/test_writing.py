"""Writing summaries on the desk."""

from __future__ import annotations

from datetime import date

import pytest
from bs4 import BeautifulSoup
from werkzeug.test import TestResponse

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.selections import issue_carrying, selected_summaries
from digest.storage.writing.summaries import Summary, summary_by_id
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary
from tests.web.browser import Browser, one, page, words

FORM: dict[str, object] = {
    "title": "London police block a face-search site",
    "date": "2024-05-15",
    "publication": "i",
    "publication_choice": "make:i",
    "body": "First.\n\n> Quoted.\n\nLast, with [a link](https://example.org/more).",
    "source_url": ["https://example.org/story", "", "https://example.net/other"],
    "source_title": ["The story", "", ""],
    "source_publication": ["i", "", ""],
    "new_topics": "Surveillance, Policing",
    "version": "0",
}

NO_SOURCE: dict[str, object] = {"source_url": [""], "source_title": [""], "source_publication": [""]}


def _summary(db: Database, summary_id: int = 1) -> Summary:
    with db.reading() as session:
        found = summary_by_id(session, summary_id)
        assert found is not None
        return found


def _write(browser: Browser, act: str, **changes: object) -> TestResponse:
    return browser.send("/desk/summaries/new", form={**FORM, **changes, "act": act})


def _form(browser: Browser, path: str) -> dict[str, object]:
    """What a browser would send from the page at `path`, unchanged."""
    found = one(page(browser.open(path)), "#summary-form")
    sent: dict[str, list[str]] = {}
    for each in found.select("input[name], textarea[name]"):
        if each.find_parent("template") or (each.get("type") == "checkbox" and not each.has_attr("checked")):
            continue
        value = each.text.removeprefix("\n") if each.name == "textarea" else str(each.get("value", ""))
        sent.setdefault(str(each["name"]), []).append(value)
    return dict(sent)


def test_new_form_begins_with_today_and_the_issue_ticked(alice: Browser, db: Database) -> None:
    make_issue(db)
    shown = page(alice.open("/desk/summaries/new"))
    assert one(shown, "#field-date")["value"] == "2024-05-14"
    assert one(shown, "input[name=on_issue]").has_attr("checked")
    assert "Put it on the issue of 17 May 2024" in shown.get_text()


@pytest.mark.parametrize("where", ["source", "body"])
def test_who_publishes_a_link_through_a_tracker_is_told_before_it_stops_an_issue(alice: Browser, where: str) -> None:
    tracked = "https://u1.ct.sendgrid.net/ls/click?upn=abc"
    changes: dict[str, object] = {"body": f"See [the ruling]({tracked})."}
    if where == "source":
        changes = {"source_url": [tracked, "", "https://example.net/other"]}
    assert "leads through a tracker" not in words(alice.open(str(_write(alice, "save", **changes).location)))
    assert f"{tracked} leads through a tracker" in words(alice.open(str(_write(alice, "publish", **changes).location)))
    assert "leads through a tracker" not in words(alice.open(str(_write(alice, "publish").location)))


def test_draft_is_saved_and_seen_by_no_reader(alice: Browser, db: Database) -> None:
    answer = _write(alice, "save", body="", on_issue="1", **NO_SOURCE)
    assert answer.location == "/desk/summaries/1"
    assert _summary(db).published_at is None
    assert "1 draft" in words(alice.open("/desk/summaries"))
    assert "face-search" not in words(alice.open("/news"))


def test_publishing_puts_it_in_the_archive_and_on_the_issue(alice: Browser, db: Database) -> None:
    issue_id = make_issue(db)
    answer = _write(alice, "publish", on_issue="1")
    assert "on the issue of 17 May 2024" in words(alice.open(answer.location))
    summary = _summary(db)
    assert summary.slug == "london-police-block-a-face-search-site"
    assert [link.publication for link in summary.sources] == ["i", "example.net"]
    assert [topic.name for topic in summary.topics] == ["Policing", "Surveillance"]
    assert "<blockquote>" in summary.body_html
    with db.reading() as session:
        assert [each.id for each in selected_summaries(session, issue_id)] == [1]
    assert alice.open("/news/i/london-police-block-a-face-search-site/1").status_code == 200


def test_unticked_it_is_only_published(alice: Browser, db: Database) -> None:
    make_issue(db)
    _write(alice, "publish")
    with db.reading() as session:
        assert issue_carrying(session, 1) is None
    assert not _summary(db).wanted


def test_after_the_closing_it_goes_on_the_next_issue(alice: Browser, db: Database, settings: Settings) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    answer = _write(alice, "publish", on_issue="1")
    assert "The issue of 17 May 2024 is closed, so it goes on the next one" in words(alice.open(answer.location))
    assert _summary(db, 2).wanted


def test_faults_keep_everything_that_was_typed(alice: Browser) -> None:
    answer = _write(
        alice, "publish", title=" ", date="15/05/2024", source_url=["ftp://example.org/a b"], body="Typed text"
    )
    assert answer.status_code == 422
    shown = page(answer)
    assert shown.find(id="field-title-error") and shown.find(id="field-date-error")
    assert one(shown, "#field-date")["value"] == "15/05/2024"
    assert "Typed text" in one(shown, "#field-body").text
    row = one(shown, "input[name=source_url]")
    assert (row["value"], row["aria-invalid"]) == ("ftp://example.org/a b", "true")
    assert one(shown, "#field-new_topics")["value"] == "Surveillance, Policing"


def test_publishing_needs_a_body_and_a_source(alice: Browser) -> None:
    answer = _write(alice, "publish", body="", **NO_SOURCE)
    assert "Write the summary before publishing it" in words(answer)
    assert "Add at least one source" in words(answer)


def test_form_of_a_summary_sends_back_what_is_stored(alice: Browser, db: Database) -> None:
    _write(alice, "publish", on_issue="1")
    before = _summary(db)
    answer = alice.send("/desk/summaries/1", form=_form(alice, "/desk/summaries/1"), act="save")
    assert answer.status_code == 303
    after = _summary(db)
    assert (after.version, after.title, after.body, after.slug) == (2, before.title, before.body, before.slug)
    assert [(link.url, link.title, link.publication) for link in after.sources] == [
        (link.url, link.title, link.publication) for link in before.sources
    ]
    assert [topic.name for topic in after.topics] == [topic.name for topic in before.topics]


def test_slug_stays_when_the_headline_changes(alice: Browser, db: Database) -> None:
    _write(alice, "publish")
    form = _form(alice, "/desk/summaries/1")
    alice.send("/desk/summaries/1", form=(form | {"title": "Quite another headline"}), act="save")
    assert _summary(db).slug == "london-police-block-a-face-search-site"


@pytest.mark.on_both
def test_two_editors_at_once_lose_nothing(alice: Browser, ada: Browser, db: Database) -> None:
    _write(alice, "save")
    begun = _form(ada, "/desk/summaries/1")
    alice.send(
        "/desk/summaries/1", form=(_form(alice, "/desk/summaries/1") | {"body": "Alice wrote this."}), act="save"
    )
    answer = ada.send("/desk/summaries/1", form=(begun | {"body": "Ada wrote this."}), act="save")
    assert answer.status_code == 409
    shown = page(answer)
    assert "Somebody else saved this summary" in shown.get_text()
    assert "-Alice wrote this." in shown.get_text() and "+Ada wrote this." in shown.get_text()
    assert one(shown, "#field-body").text.strip() == "Ada wrote this."
    assert _summary(db).body == "Alice wrote this."
    again = begun | {"body": "Ada wrote this.", "version": one(shown, "input[name=version]")["value"]}
    assert ada.send("/desk/summaries/1", form=again, act="save").status_code == 303
    assert _summary(db).body == "Ada wrote this."


def test_text_survives_when_the_draft_was_deleted_meanwhile(alice: Browser, ada: Browser) -> None:
    _write(alice, "save")
    form = _form(ada, "/desk/summaries/1")
    alice.send("/desk/summaries/1/delete")
    answer = ada.send("/desk/summaries/1", form=(form | {"body": "Ada wrote this."}), act="save")
    assert answer.status_code == 409
    shown = page(answer)
    assert "deleted this draft" in shown.get_text() and "Ada wrote this." in shown.get_text()
    assert one(shown, "#summary-form")["action"] == "/desk/summaries/new"


def test_preview_shows_what_readers_will_see(alice: Browser) -> None:
    shown = page(alice.send("/desk/summaries/preview", form=FORM))
    assert shown.find("html") is None
    assert [each.text.strip() for each in shown.find_all("blockquote")] == ["Quoted."]
    assert "15 May 2024 · i" in " ".join(shown.get_text(" ").split())
    without_script = page(_write(alice, "preview"))
    assert without_script.find("blockquote") and without_script.find(id="summary-form")


PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    '"><iframe srcdoc="<script>alert(1)</script>">',
    "![x](https://evil.example/pixel.gif)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_typed_ever_runs(alice: Browser, db: Database, payload: str) -> None:
    source = {"source_url": ["https://example.org/"], "source_title": [payload], "source_publication": [payload]}
    _write(alice, "publish", title=f"T {payload}", body=payload, publication=f"P {payload}", **source)
    for path in ("/desk/summaries", "/desk/summaries/1", "/news"):
        shown = page(alice.open(path))
        assert not [each for each in shown.find_all("script") if each.get_text(strip=True)]
        assert not shown.select("img, iframe, svg[onload]")
        assert not [each for each in shown.find_all(True) if any(name.startswith("on") for name in each.attrs)]
        for link in shown.find_all("a", href=True):
            assert not str(link["href"]).lower().startswith(("javascript:", "data:"))
    assert not BeautifulSoup(_summary(db).body_html, "html.parser").select("script, img, iframe, svg, a")


def test_line_breaks_in_one_line_fields_become_spaces(alice: Browser, db: Database) -> None:
    _write(alice, "publish", title="A\r\nBcc: x@example.org\x00 B", publication="i\tj")
    assert _summary(db).title == "A Bcc: x@example.org B"
    assert _summary(db).publication.name == "i j"


def test_draft_is_deleted_after_asking_once(alice: Browser) -> None:
    _write(alice, "save")
    assert "Delete this draft?" in words(alice.open("/desk/summaries/1/delete"))
    alice.send("/desk/summaries/1/delete")
    assert alice.open("/desk/summaries/1").status_code == 404


def test_published_summary_can_be_taken_back_but_not_deleted(alice: Browser, db: Database) -> None:
    make_issue(db)
    _write(alice, "publish", on_issue="1")
    alice.send("/desk/summaries/1/delete")
    assert _summary(db).published_at
    alice.send("/desk/summaries/1/take-back")
    assert _summary(db).published_at is None
    assert alice.open("/news/i/london-police-block-a-face-search-site/1").status_code == 404


def test_summary_on_a_closed_issue_says_so(alice: Browser, db: Database, settings: Settings) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db, "On it", date(2024, 5, 13))])
    close_issue(Context(db, settings, TUESDAY), issue_id, "alice@digest.test")
    assert "will not be in its digest unless it is reopened and closed again" in words(alice.open("/desk/summaries/1"))


@pytest.mark.on_both
def test_list_pages_and_searches(alice: Browser, db: Database) -> None:
    for number in range(35):
        make_summary(db, f"Ruling number {number}")
    assert "35 published" in words(alice.open("/desk/summaries"))
    assert "Page 2 of 2" in words(alice.open("/desk/summaries?page=2"))
    found = words(alice.open("/desk/summaries?q=number+34"))
    assert "Ruling number 34" in found and "Ruling number 33" not in found


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", "See [the story](https://exa\u200bmple.org/) for more."),
        ("body", "See [the story](https://example.org/&#8238;gnp.exe) for more."),
        ("source_url", ["https://example.org/\u202estory"]),
        ("source_url", ["https://exa%E2%80%8Bmple.org/story"]),
    ],
)
def test_link_with_something_invisible_is_refused_by_name_and_what_was_typed_is_kept(
    field: str, value: object, alice: Browser, db: Database
) -> None:
    answer = _write(alice, "publish", **{**NO_SOURCE, **FORM, field: value})
    assert answer.status_code == 422
    assert "has an invisible character in it" in words(answer)
    assert "face-search" in answer.text
    with db.reading() as session:
        assert summary_by_id(session, 1) is None


@pytest.mark.on_both
def test_list_finds_by_source_address_by_publication_and_drafts_alone(alice: Browser, db: Database) -> None:
    make_summary(db, "Fine", publication="CNIL", sources=[("https://www.cnil.fr/En/fine?x=1", "", "")])
    make_summary(db, "Ruling", publication="CJEU", sources=[("https://curia.europa.eu/a_b", "", "")])
    make_summary(db, "Begun", published=False, sources=[("https://curia.europa.eu/a_b/", "", "")])
    found = words(alice.open("/desk/summaries?q=http://cnil.fr/en/fine"))
    assert "Fine" in found and "Ruling" not in found and "Begun" not in found
    found = words(alice.open("/desk/summaries?q=curia.europa.eu/a_b"))
    assert "Ruling" in found and "Begun" in found and "Fine" not in found
    assert "Ruling" not in words(alice.open("/desk/summaries?q=curia.europa.eu/axb")), "what is typed is no pattern"
    assert "Fine" not in words(alice.open("/desk/summaries?publication=cjeu"))
    drafts = words(alice.open("/desk/summaries?only=drafts"))
    assert "Begun" in drafts and "Ruling" not in drafts
