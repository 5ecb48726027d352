"""The archive’s pages keep the rules of HTML, and are small."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.config import Settings
from digest.domain.issues import edition
from digest.operations.archive.indexing import index_summaries
from digest.operations.shared.context import Context
from digest.operations.writing.ending import supersede, withdraw
from digest.storage.base.database import Database
from digest.storage.writing.summaries import SourceLink
from tests.conftest import TUESDAY
from tests.factories import make_summary
from tests.web.archive.html_rules import faults_of_html
from tests.web.archive.past import item, page_at, send_issue

SOURCES = [("https://a.example/1", 'First "one"', "A & B"), ("https://b.example/2", "", "C"), ("javascript:x", "", "")]
BODY = "One.\n\n> Quoted.\n\n- a\n- b\n\n| a | b |\n|---|---|\n| c | d |\n\nNote[^1].\n\n[^1]: There."


@pytest.fixture
def pages(db: Database, settings: Settings) -> list[str]:
    """The archive with all that may stand on its pages."""
    keys = [make_summary(db, f"Fines & <fees> {n}", body=BODY, topics=["AI"], sources=SOURCES) for n in range(4)]
    gone = make_summary(db, "Gone")
    items = (*(item(key, topics=(edition.ItemTopic("ai", "AI"),)) for key in keys), item(gone), item(901))
    send_issue(db, items=items, summary_ids=tuple(keys))
    context = Context(db, settings, TUESDAY)
    supersede(context, keys[0], keys[1], "alice@digest.test")
    withdraw(context, gone, "It was <wrong>.", "alice@digest.test")
    with db.writing() as session:
        session.execute(update(SourceLink).values(health="dead", archived_url="https://kept.example/", language="fr"))
    index_summaries(db)
    address = f"/news/euractiv/fines-fees-0/{keys[0]}"
    return [address, f"{address}?at=2024-05-14", "/issues/2024-05-17", "/issues", f"/news/euractiv/gone/{gone}"]


def test_pages_keep_the_rules_of_html_and_are_small(client: FlaskClient, pages: list[str]) -> None:
    style = (Path(__file__).parents[3] / "digest/web/static/site.css").stat().st_size
    for path in pages:
        shown = client.get(path)
        assert faults_of_html(shown.text) == [], path
        assert len(shown.data) + style < 50_000


def test_a_past_issue_leads_to_no_page_that_is_not_there(client: FlaskClient, db: Database, pages: list[str]) -> None:
    key = make_summary(db, "Taken back", published=False)
    linked = f'<p>See <a href="http://old.example/news/euractiv/x/{key}">this</a> and <a href="http://old.example/news/a/b/1">that</a>.</p>'
    send_issue(db, day=date(2024, 5, 24), items=(item(key), item(1)), introduction=linked)
    for issue in ("/issues/2024-05-17", "/issues/2024-05-24"):
        links = [str(link["href"]) for link in page_at(client, issue).select("main a[href^='/']")]
        assert links
        assert {client.get(link, follow_redirects=True).status_code for link in links} == {200}
    shown = page_at(client, "/issues/2024-05-24")
    assert shown.select_one(".lede").get_text() == "See this and that."  # type: ignore[union-attr]
    assert [str(link["href"]) for link in shown.select(".lede a")] == ["http://old.example/news/a/b/1"]
    assert pages
