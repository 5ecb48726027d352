"""What a visitor sees before asking for anything."""

from __future__ import annotations

from datetime import date

import time_machine
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from digest.mail.rendering import template_folder
from digest.operations.readers import privacy
from digest.operations.readers.personal_columns import NOT_PERSONAL, SAID
from digest.storage.base.database import Database
from digest.storage.running import schema
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary
from tests.web.writing.past import send_issue


def test_an_empty_site_says_what_will_be_here(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "The first summaries are being written" in page.text
    assert "Friday 17 May 2024, 08:00 Europe/London" in page.text
    assert "See the last one" not in page.text


def test_the_front_page_shows_the_latest_and_what_to_browse(client: FlaskClient, db: Database) -> None:
    for number in range(10):
        make_summary(db, f"Headline {number}", date(2024, 5, number + 1), topics=["Enforcement"])
    text = client.get("/").text
    assert "Headline 9" in text
    assert "Headline 1<" not in text
    soup = BeautifulSoup(text, "html.parser")
    browse = soup.select_one(".browse")
    assert browse
    assert browse.get_text(" ", strip=True) == "Enforcement 10"


def test_the_next_and_the_last_issue(client: FlaskClient, db: Database) -> None:
    make_issue(db, date(2024, 5, 16))
    send_issue(db, date(2024, 5, 10))
    text = client.get("/").text
    assert "Thursday 16 May 2024, 08:00 Europe/London" in text
    assert 'href="/issues/2024-05-10"' in text


def test_an_issue_past_its_moment_is_not_promised(
    client: FlaskClient, db: Database, clock: time_machine.Traveller
) -> None:
    make_issue(db, date(2024, 5, 17))
    clock.move_to(TUESDAY.replace(day=18))
    assert "Friday 24 May 2024" in client.get("/").text


def test_no_page_loads_anything_from_another_host(client: FlaskClient, db: Database) -> None:
    make_summary(db, topics=["AI"])
    for path in ("/", "/privacy"):
        soup = BeautifulSoup(client.get(path).text, "html.parser")
        for element in soup.select("[src], link[rel=stylesheet]"):
            assert str(element.get("src") or element["href"]).startswith("/")
        assert not soup.select("script, img, iframe, [style]")


def test_every_column_is_said_on_the_privacy_page_or_is_about_nobody() -> None:
    said = [(table, column) for table, columns in SAID.items() for column in columns]
    not_personal = [
        (table, column)
        for table, reasons in NOT_PERSONAL.items()
        for reason, columns in reasons.items()
        for column in columns.split()
        if reason
    ]
    there = [(table.name, column.name) for table in schema.metadata.sorted_tables for column in table.columns]
    assert sorted(said + not_personal) == sorted(there)


def test_the_privacy_page_says_each_column_in_the_words_declared_for_it() -> None:
    holdings = privacy.READERS | privacy.EDITORS
    assert len(holdings) == len(privacy.READERS) + len(privacy.EDITORS)
    assert set(holdings) == set(SAID)
    for table, columns in SAID.items():
        for words in columns.values():
            assert words in holdings[table].what


def test_the_privacy_page_shows_the_whole_table(client: FlaskClient) -> None:
    text = BeautifulSoup(client.get("/privacy").text, "html.parser").get_text(" ")
    for holding in (*privacy.READERS.values(), *privacy.EDITORS.values()):
        for words in (holding.what, holding.why, holding.how_long):
            assert words in text
    assert "reply@digest.test" in text


def test_the_privacy_page_names_a_readers_own_links_as_a_digest_does(client: FlaskClient) -> None:
    html = (template_folder() / "email" / "digest" / "body.html").read_text(encoding="utf-8")
    links = BeautifulSoup(html, "html.parser").select(".links a")
    own = [link.get_text() for link in links if str(link["href"]).startswith("{{ tags.")]
    assert len(own) == 2
    text = client.get("/privacy").text
    for name in own:
        assert f"“{name}”" in text
