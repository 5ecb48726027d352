"""What holds for every page of the archive."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from digest.storage.base.database import Database
from tests.factories import make_summary
from tests.web.archive.past import item, send_issue


@pytest.fixture
def public_paths(db: Database) -> list[str]:
    """An address of each page of the archive."""
    key = make_summary(db, "Story", topics=["AI"])
    send_issue(db, items=(item(1),), summary_ids=(key,))
    return ["/news", "/news?q=nothing", f"/news/euractiv/story/{key}", "/issues", "/issues/2024-05-17", "/nope"]


def test_no_page_sets_a_cookie_or_loads_from_elsewhere(client: FlaskClient, public_paths: list[str]) -> None:
    for path in public_paths:
        response = client.get(path)
        assert "Set-Cookie" not in response.headers
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        page = BeautifulSoup(response.text, "html.parser")
        loaded = [str(tag["src"]) for tag in page.select("[src]")]
        loaded += [str(tag["href"]) for tag in page.select('link[rel="stylesheet"], link[rel="icon"]')]
        assert loaded
        assert all(url.startswith("/") and not url.startswith("//") for url in loaded)
        assert page.select("[style], style, script:not([src], [type='application/ld+json'])") == []


def test_pages_may_be_kept_for_a_minute_and_are_sent_once(client: FlaskClient, public_paths: list[str]) -> None:
    for path in public_paths[:5]:
        response = client.get(path)
        assert response.headers["Cache-Control"] == "public, max-age=60"
        again = client.get(path, headers={"If-None-Match": response.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_head_and_trailing_slash_work(client: FlaskClient, public_paths: list[str]) -> None:
    for path in public_paths[:5]:
        assert client.head(path).status_code == 200
        address, _, query = path.partition("?")
        assert client.get(f"{address}/?{query}").status_code == 200


def test_pages_only_read(client: FlaskClient, public_paths: list[str]) -> None:
    for path in public_paths[:5]:
        assert client.post(path).status_code == 405
