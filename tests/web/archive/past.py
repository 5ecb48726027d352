"""Pages parsed, and past issues to read: what tests of the archive share."""

from __future__ import annotations

from datetime import UTC, date, datetime

from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from digest.domain.issues import edition
from digest.domain.issues.lifecycle import IssueState
from digest.storage.base.database import Database
from digest.storage.issues.issues import Closing, Issue
from tests.factories import make_issue

FRIDAY = date(2024, 5, 17)


def page_at(client: FlaskClient, path: str, status: int = 200) -> BeautifulSoup:
    """The page at that address, parsed."""
    response = client.get(path)
    assert response.status_code == status
    return BeautifulSoup(response.text, "html.parser")


def headlines(page: BeautifulSoup) -> list[str]:
    """The headlines listed on a page."""
    return [" ".join(found.get_text().split()) for found in page.select(".entry .headline")]


def words(page: BeautifulSoup, selector: str) -> str:
    """The words of one element."""
    found = page.select_one(selector)
    assert found is not None, selector
    return " ".join(found.get_text().split())


def attribute(page: BeautifulSoup, selector: str, name: str) -> str:
    """An attribute of one element."""
    found = page.select_one(selector)
    assert found is not None, selector
    return str(found[name])


def send_issue(
    db: Database,
    day: date = FRIDAY,
    items: tuple[edition.Item, ...] = (),
    state: IssueState = IssueState.SENT,
    introduction: str = "<p>Welcome.</p>",
    summary_ids: tuple[int, ...] = (),
) -> edition.Content:
    """An issue of that day with its stored digest."""
    content = edition.Content(day, 212, "What was sent", "Inside", introduction, items)
    issue_id = make_issue(db, day, summary_ids)
    with db.writing() as session:
        session.get_one(Issue, issue_id).state = state
        session.add(
            Closing(
                issue_id=issue_id,
                closed_at=datetime(2024, 5, 16, 15, 0, tzinfo=UTC),
                closed_by="alice@digest.test",
                hold_key=f"{day:%Y%m%d}".rjust(32, "0"),
                content=edition.to_json(content),
                subject=content.subject,
                text="",
                html="",
                tags="{}",
            )
        )
    return content


def item(number: int, **changes: object) -> edition.Item:
    """One summary of a stored digest."""
    values: dict[str, object] = {
        "summary_id": number,
        "title": f"Headline {number}",
        "url": f"http://old.example/news/euractiv/headline-{number}/{number}",
        "publication": "Euractiv",
        "published_on": date(2024, 5, 15),
        "body_html": f"<p>Body {number}.</p>",
        "sources": (edition.Source("https://example.org/a", "A", "Euractiv"),),
        "topics": (edition.ItemTopic("ai", "AI"),),
    }
    return edition.Item(**(values | changes))  # type: ignore[arg-type]
