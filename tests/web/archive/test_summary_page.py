"""One summary at its permanent address."""

from __future__ import annotations

import json
from datetime import date

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import update

from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.writing.summaries import Summary
from tests.factories import make_summary
from tests.web.archive.past import attribute, headlines, page_at, send_issue, words


def change(db: Database, summary_id: int, **values: object) -> None:
    """Write into a summary's row what no editor could."""
    with db.writing() as session:
        session.execute(update(Summary).where(Summary.id == summary_id).values(**values))


def test_summary_page_reads_like_an_article(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "Court annuls fine", date(2024, 5, 15), body="One.\n\n> Quoted.", topics=["Courts", "Fines"])
    page = page_at(client, f"/news/euractiv/court-annuls-fine/{key}")
    permanent = f"http://digest.test/news/euractiv/court-annuls-fine/{key}"
    assert words(page, "h1") == "Court annuls fine"
    assert words(page, ".article-head .meta") == "15 May 2024 · Euractiv"
    assert [link["href"] for link in page.select(".topic-label a")] == ["/news?topic=courts", "/news?topic=fines"]
    assert words(page, ".prose blockquote") == "Quoted."
    assert words(page, ".sources") == "Read full story in Euractiv"
    assert attribute(page, ".sources a", "href") == "https://example.org/story"
    assert words(page, '[rel="bookmark"]') == permanent
    assert attribute(page, 'link[rel="canonical"]', "href") == permanent
    assert attribute(page, 'meta[property="og:title"]', "content") == "Court annuls fine"
    assert attribute(page, 'meta[property="og:description"]', "content") == "One."
    assert attribute(page, 'meta[property="og:image"]', "content") == f"{permanent}.png"
    assert attribute(page, "aside .button", "href") == "/"


def test_several_sources_are_named_and_linked(client: FlaskClient, db: Database) -> None:
    sources = [("https://a.example/1", "First", "A"), ("https://b.example/2", "", "B"), ("https://c.example/3", "", "")]
    key = make_summary(db, "Round-up", sources=sources)
    page = page_at(client, f"/news/euractiv/round-up/{key}")
    assert [words(BeautifulSoup(str(row), "html.parser"), "li") for row in page.select(".sources li")] == [
        "First · A",
        "B",
        "c.example",
    ]
    assert [link["href"] for link in page.select(".sources a")] == [url for url, _, _ in sources]


@pytest.mark.parametrize(
    "wrong", ["/news/other/court-annuls-fine/{}", "/news/euractiv/older-title/{}?utm=1", "/news/x/y/{}"]
)
def test_wrong_slug_redirects_for_good_to_the_right_one(client: FlaskClient, db: Database, wrong: str) -> None:
    key = make_summary(db, "Court annuls fine")
    response = client.get(wrong.format(key))
    assert response.status_code == 301
    assert response.headers["Location"] == f"/news/euractiv/court-annuls-fine/{key}"


def test_draft_is_not_there(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "Not yet", published=False)
    for path in (f"/news/euractiv/not-yet/{key}", f"/news/x/y/{key}"):
        assert "Not yet" not in page_at(client, path, status=404).get_text()
    assert headlines(page_at(client, "/news")) == []


@pytest.mark.parametrize("key", ["0", "-1", "999", "x", "1.5", "99999999999999999999999999", "²"])
def test_unknown_summary_is_not_there(client: FlaskClient, key: str) -> None:
    assert client.get(f"/news/a/b/{key}").status_code == 404


def test_hostile_row_is_made_harmless_on_its_way_out(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "Bad", sources=[("javascript:alert(1)", "", "Evil")], topics=["<b>AI</b>"])
    hostile = '<p onclick="x()">Text<script>x()</script><img src=x onerror=x()><a href="javascript:x()">y</a></p>'
    change(db, key, body_html=hostile, title='"><script>x()</script>')
    page = page_at(client, f"/news/euractiv/bad/{key}")
    assert page.select("script:not([type='application/ld+json']), img, [onclick], [onerror]") == []
    assert page.select("[href^=javascript]") == []
    assert json.loads(page.select("script")[0].text)["headline"] == '"><script>x()</script>'
    assert words(page, ".prose") == "Texty"
    assert words(page, "h1") == '"><script>x()</script>'
    assert words(page, ".sources") == "From Evil"
    assert page_at(client, "/news").select("script, img") == []


@pytest.mark.parametrize(
    ("state", "linked"),
    [(IssueState.SENT, True), (IssueState.SENDING, True), (IssueState.CLOSED, False), (IssueState.SKIPPED, False)],
)
def test_summary_names_its_issue_once_that_has_gone(
    client: FlaskClient, db: Database, state: IssueState, linked: bool
) -> None:
    key = make_summary(db, "Story")
    send_issue(db, state=state, summary_ids=(key,))
    page = page_at(client, f"/news/euractiv/story/{key}")
    assert bool(page.select('a[href="/issues/2024-05-17"]')) is linked


def test_description_runs_no_words_together(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "Table", body="| a | b |\n|---|---|\n| c | H~~2~~O |\n\n[^1]: Note.")
    page = page_at(client, f"/news/euractiv/table/{key}")
    assert attribute(page, 'meta[name="description"]', "content") == "a b c H~~2~~O [1] Note."
    broken = make_summary(db, "Broken", body="one\\\ntwo &amp; *th*ree")
    page = page_at(client, f"/news/euractiv/broken/{broken}")
    assert attribute(page, 'meta[name="description"]', "content") == "one two & three"


def test_dates_in_a_table_stay_on_one_line(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "Dates", body="| On | Sum |\n|---|--:|\n| 2024-01-02 | none so far |\n| Tuesday | €1 |")
    page = page_at(client, f"/news/euractiv/dates/{key}")
    assert [cell.get_text() for cell in page.select(".prose .whole")] == ["2024-01-02", "€1"]
