"""Past digests as pages: what was sent, to look up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from digest.domain.issues import edition
from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.issues.issues import Closing
from tests.factories import make_summary, store_as_a_newer_program
from tests.web.archive.past import FRIDAY, attribute, headlines, item, page_at, send_issue, words


def test_past_issue_shows_what_was_sent(client: FlaskClient, db: Database) -> None:
    key = make_summary(db, "Headline as it is now")
    send_issue(db, items=(item(key, title="Headline as sent"), item(902), item(903), item(904)))
    page = page_at(client, "/issues/2024-05-17")
    assert words(page, "h1") == "What was sent"
    assert words(page, ".article-head .topic-label") == "Issue 212"
    assert words(page, ".article-head .meta") == "Friday 17 May 2024 · 4 stories, 1 minute"
    assert words(page, ".lede") == "Welcome."
    assert headlines(page)[0] == "Headline as sent"
    assert "Headline as it is now" not in page.get_text()
    assert [link["href"] for link in page.select(".contents a")] == [
        f"#{entry['id']}" for entry in page.select("article.entry")
    ]


def test_past_issue_links_to_this_site_even_if_it_has_moved(client: FlaskClient, db: Database) -> None:
    key = make_summary(db)
    send_issue(db, items=(item(key),))
    page = page_at(client, "/issues/2024-05-17")
    assert attribute(page, ".entry .headline a", "href") == f"/news/euractiv/headline-{key}/{key}"
    assert page.select(".contents") == []


def test_hostile_content_of_a_past_issue_is_made_harmless(client: FlaskClient, db: Database) -> None:
    hostile = "<p>x<script>alert(1)</script><img src=x onerror=alert(1)></p>"
    source = edition.Source("javascript:alert(1)", "t", "p")
    send_issue(db, items=(item(1, body_html=hostile, sources=(source,)),), introduction=hostile)
    page = page_at(client, "/issues/2024-05-17")
    assert page.select("script, img, [onerror], [href^=javascript]") == []


def test_only_links_to_our_own_summaries_that_are_gone_lose_their_way(client: FlaskClient, db: Database) -> None:
    there = make_summary(db)
    links = {
        "elsewhere": "https://monde.example/news/world/europe/777",
        "a port": "http://digest.test:8080/news/a/b/777",
        "gone": "http://digest.test/news/a/b/777",
        "gone, at the old address": "http://old.example/news/a/b/777?utm=1",
        "there": f"http://old.example/news/euractiv/headline/{there}",
    }
    text = "".join(f'<p><a href="{url}">{words}</a></p>' for words, url in links.items())
    send_issue(db, items=(item(there, body_html=text),), introduction=text)
    page = page_at(client, "/issues/2024-05-17")
    for part in (".lede", ".entry .prose"):
        assert [link.get_text() for link in page.select(f"{part} a")] == ["elsewhere", "a port", "there"]
        assert "gone, at the old address" in words(page, part)


@pytest.mark.parametrize("state", [IssueState.OPEN, IssueState.CLOSED, IssueState.SKIPPED])
def test_issue_that_has_not_gone_is_not_there(client: FlaskClient, db: Database, state: IssueState) -> None:
    send_issue(db, items=(item(1),), state=state)
    assert client.get("/issues/2024-05-17").status_code == 404
    assert headlines(page_at(client, "/issues")) == []


@pytest.mark.parametrize(
    "day", ["2024-05-18", "2024-02-30", "20240517", "2024-W20-5", "x", "2024-5-17", "0000-00-00", "٢٠٢٤-٠٥-١٧"]
)
def test_other_dates_are_not_there(client: FlaskClient, db: Database, day: str) -> None:
    send_issue(db, items=(item(1),))
    assert client.get(f"/issues/{day}").status_code == 404


def test_past_issues_are_listed_newest_first(client: FlaskClient, db: Database) -> None:
    for weeks in range(30):
        send_issue(db, FRIDAY - timedelta(weeks=weeks), (item(1), item(2)))
    first, second = page_at(client, "/issues"), page_at(client, "/issues?page=2")
    days = [str(link["href"]) for page in (first, second) for link in page.select(".entry .headline a")]
    assert days == [f"/issues/{FRIDAY - timedelta(weeks=weeks)}" for weeks in range(30)]
    assert words(first, ".page-head .count") == "30 digests, each as it was sent"
    assert "Friday 17 May 2024 · Issue 212 · 2 stories" in words(first, ".entry .meta")
    assert page_at(client, "/issues?page=9", status=404).select_one(".empty a") is not None
    assert client.get("/issues?page=x").status_code == 200


def test_reopened_issue_shows_its_last_closing(client: FlaskClient, db: Database) -> None:
    send_issue(db, items=(item(1),))
    with db.writing() as session:
        first = session.query(Closing).one()
        again = edition.Content(FRIDAY, 212, "Second thoughts", "", "", (item(2),))
        session.add(
            Closing(
                issue_id=first.issue_id,
                closed_at=first.closed_at,
                closed_by="alice@digest.test",
                hold_key="f" * 32,
                content=edition.to_json(again),
                subject=again.subject,
                text="",
                html="",
                tags="{}",
            )
        )
    assert headlines(page_at(client, "/issues/2024-05-17")) == ["Headline 2"]
    assert headlines(page_at(client, "/issues")) == ["Second thoughts"]


def test_past_issue_leads_to_its_neighbours(client: FlaskClient, db: Database) -> None:
    for weeks in (-1, 0, 1):
        send_issue(db, FRIDAY + timedelta(weeks=weeks), (item(1),))
    send_issue(db, FRIDAY + timedelta(weeks=2), (item(1),), IssueState.OPEN)
    page = page_at(client, "/issues/2024-05-17")
    assert attribute(page, '.pagination a[rel="prev"]', "href") == "/issues/2024-05-10"
    assert attribute(page, '.pagination a[rel="next"]', "href") == "/issues/2024-05-24"
    last = page_at(client, "/issues/2024-05-24")
    assert last.select('.pagination a[rel="next"]') == []


def test_a_digest_that_cannot_be_read_is_left_out_of_the_list_and_said_once(
    client: FlaskClient, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    send_issue(db, FRIDAY - timedelta(weeks=1), (item(1),))
    send_issue(db, items=(item(2),))
    store_as_a_newer_program(db, FRIDAY)
    for _ in range(3):
        page = page_at(client, "/issues")
        assert [str(link["href"]) for link in page.select(".entry .headline a")] == ["/issues/2024-05-10"]
    assert caplog.text.count("past issue of 2024-05-17 is left out of the list") == 1
    assert "Install that program again" in caplog.text


def test_the_page_of_a_digest_that_cannot_be_read_says_so_in_a_readers_words(client: FlaskClient, db: Database) -> None:
    send_issue(db, items=(item(1),))
    store_as_a_newer_program(db, FRIDAY)
    page = page_at(client, "/issues/2024-05-17", status=503)
    assert words(page, "h1") == "This can’t be shown just now"
    assert "program" not in page.get_text()
