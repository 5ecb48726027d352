"""The history of a published summary, and its three public ends."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import issue_on
from digest.storage.issues.selections import selected_summaries
from digest.storage.writing.summaries import published_summary, summary_by_id
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary
from tests.web.archive.past import item, send_issue
from tests.web.browser import Browser, one, page, words
from tests.web.writing.test_nothing_is_lost import form_at

LATER = date(2024, 5, 24)
SECRET = "Defamatory words about Acme"


@pytest.fixture
def mailed(db: Database) -> int:
    """A summary that went with the issue of 17 May."""
    key = make_summary(db, SECRET, body="Acme sold 4,000 records.", topics=["AI"])
    items = (item(key, title=SECRET, body_html="<p>Acme sold 4,000 records.</p>"), item(99, title="Another"))
    send_issue(db, items=items, summary_ids=(key,))
    return key


def address(db: Database, key: int) -> str:
    with db.reading() as session:
        found = summary_by_id(session, key)
        assert found is not None
        return f"/news/{found.publication.slug}/{found.slug}/{found.id}"


def change(browser: Browser, key: int, **changes: object) -> int:
    form = {name: value for name, value in form_at(browser, key).items() if name != "new_topics"}
    return browser.send(f"/desk/summaries/{key}", form=form | changes, act="save").status_code


def test_history_says_who_changed_what(alice: Browser, ada: Browser, db: Database) -> None:
    key = make_summary(db, body="Acme sold 4,000 records.")
    assert "No history yet" in words(alice.open(f"/desk/summaries/{key}/history")), "an import has none"
    change(alice, key, body="Acme sold 400 records.", silent="1", correction="")
    change(ada, key, body="Acme sold 400 files.", correction="We wrote records.")
    shown = page(alice.open(f"/desk/summaries/{key}/history"))
    steps = [" ".join(each.get_text(" ").split()) for each in shown.select(".rows > li")]
    assert len(steps) == 3
    assert "by Ada" in steps[0] and "Corrected" in steps[0] and "We wrote records." in steps[0]
    assert "by Alice" in steps[1] and "told nothing" in steps[1]
    assert [each.text for each in shown.select(".changes")[0].select("del, ins")] == ["records", "files"]


def test_correction_shows_on_its_page_and_where_it_was_mailed(alice: Browser, db: Database, mailed: int) -> None:
    make_issue(db, LATER)
    assert change(alice, mailed, body="Four hundred.", correction="") == 422, "unticked, it must say what was wrong"
    assert change(alice, mailed, body="Four hundred.", correction="It was 400, not 4,000.") == 303
    for path in (address(db, mailed), "/issues/2024-05-17"):
        assert "Correction, 14 May 2024: It was 400, not 4,000." in words(alice.open(path)).replace(" :", ":")
    button = one(page(alice.open(f"/desk/summaries/{mailed}")), "form[action*=corrections]")
    assert "Tell of it in the issue of 24 May 2024" in button.get_text()
    alice.send(str(button["action"]))
    alice.send(str(button["action"]))
    with db.reading() as session:
        issue = issue_on(session, LATER)
        assert issue and issue.introduction.count("It was 400, not 4,000.") == 1


def test_silent_fix_tells_readers_nothing(alice: Browser, db: Database, mailed: int) -> None:
    assert change(alice, mailed, body="Acme sold 400 records.", silent="1", correction="") == 303
    for path in (address(db, mailed), "/issues/2024-05-17"):
        assert "Correction" not in words(alice.open(path))


def test_superseded_summary_leads_to_the_newer_one(alice: Browser, db: Database, mailed: int) -> None:
    newer = make_summary(db, "Acme acquitted")
    path = f"/desk/summaries/{mailed}/supersede"
    assert alice.send(path, newer="https://digest.test/news/a/b/4711").status_code == 422
    assert alice.send(path, newer=f"http://digest.test{address(db, newer)}").status_code == 303
    for where in (address(db, mailed), "/issues/2024-05-17"):
        shown = page(alice.open(where))
        assert one(shown, ".notice a")["href"] == address(db, newer)
        assert "Acme sold" in shown.get_text(), "it stays readable"
    back = alice.send(f"/desk/summaries/{newer}/supersede", newer=str(mailed))
    assert back.status_code == 422 and "superseded by it" in words(back)
    alice.send(f"/desk/summaries/{mailed}/restore")
    assert "Superseded" not in words(alice.open(address(db, mailed)))


def test_withdrawn_summary_is_gone_with_the_reason(
    alice: Browser, client: FlaskClient, db: Database, mailed: int
) -> None:
    before, id_before = address(db, mailed), _ids(client, "/feed.atom")
    issue_id = make_issue(db, LATER, [mailed])
    assert "Withdraw this summary?" in words(alice.open(f"/desk/summaries/{mailed}/withdraw"))
    assert alice.send(f"/desk/summaries/{mailed}/withdraw", reason=" ").status_code == 422
    alice.send(f"/desk/summaries/{mailed}/withdraw", reason="A court forbade it.")
    gone = client.get(before)
    assert gone.status_code == 410 and "A court forbade it." in gone.text
    for path in ("/news", "/news?q=records", "/issues/2024-05-17", "/issues", "/sitemap.xml", "/feed.json", before):
        text = client.get(path).text
        assert "acme" not in text.lower(), path
    assert "A court forbade it." in client.get("/issues/2024-05-17").text
    for path in ("/feed.atom", "/topics/ai.atom", "/publications/euractiv.atom"):
        feed = ElementTree.fromstring(client.get(path).text)  # noqa: S314 - our own
        tombs = feed.findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert [tomb.get("ref") for tomb in tombs] == id_before
        assert tombs[0].get("when") == "2024-05-14T09:00:00+00:00"
        assert "Acme" not in client.get(path).text
    shown = words(alice.open(f"/desk/summaries/{mailed}"))
    assert "Withdrawn" in shown and "by Alice" in shown
    history = page(alice.open(f"/desk/summaries/{mailed}/history"))
    steps = [" ".join(step.get_text(" ").split()) for step in history.select("ol.rows li")]
    assert len(steps) == 2 and steps[0].startswith("Withdrawn on Tuesday") and "by Alice" in steps[0]
    assert "The reason, as its address answers it: A court forbade it." in steps[0]
    assert not history.select(".changes"), "its text is shown nowhere, here neither"
    assert mailed not in _selected(db, issue_id)
    assert alice.send(f"/desk/summaries/{mailed}", form={"title": "x"}, act="publish").status_code in (409, 422)
    with db.reading() as session:
        assert published_summary(session, mailed) is None


def test_withdrawing_waits_for_a_closed_issue_to_be_reopened(alice: Browser, db: Database, settings: Settings) -> None:
    key = make_summary(db)
    close_issue(Context(db, settings, TUESDAY), make_issue(db, summary_ids=[key]), "ada")
    refused = alice.send(f"/desk/summaries/{key}/withdraw", reason="Wrong.")
    assert refused.status_code == 422 and "Reopen the issue, then withdraw this" in words(refused)
    assert alice.open(address(db, key)).status_code == 200


def _ids(client: FlaskClient, path: str) -> list[str | None]:
    feed = ElementTree.fromstring(client.get(path).text)  # noqa: S314 - our own
    return [
        entry.findtext("{http://www.w3.org/2005/Atom}id") for entry in feed.iter("{http://www.w3.org/2005/Atom}entry")
    ]


def _selected(db: Database, issue_id: int) -> list[int]:
    with db.reading() as session:
        return [each.id for each in selected_summaries(session, issue_id)]
