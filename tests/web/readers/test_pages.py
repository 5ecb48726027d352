"""What a visitor sees before asking for anything."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from digest.config import Settings
from digest.operations.readers.holdings import EDITORS, READERS, for_editors, for_readers
from digest.operations.readers.impersonal_columns import NOT_PERSONAL
from digest.operations.readers.personal_columns import SAID
from digest.storage.base.database import Database
from digest.storage.running import schema
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary
from tests.mail.samples import TAGS, a_digest
from tests.web.archive.past import send_issue


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
    for path in ("/", "/privacy", "/about"):
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
    holdings = READERS | EDITORS
    assert len(holdings) == len(READERS) + len(EDITORS)
    assert set(holdings) == set(SAID)
    for table, columns in SAID.items():
        for words in columns.values():
            assert words in holdings[table].what


def test_the_privacy_page_shows_the_whole_table(client: FlaskClient, settings: Settings) -> None:
    text = words_of(client.get("/privacy").text)
    for holding in (*for_readers(settings), *for_editors(settings)):
        assert re.match(r"Art\. \d", holding.basis)
        for words in (holding.what, holding.why, holding.basis, holding.how_long):
            assert words in text
    assert "reply@digest.test" in text


def test_the_privacy_page_names_a_service_that_is_told_of_addresses(app: Flask, settings: Settings) -> None:
    def shown(**told: object) -> str:
        here = replace(settings, events_key="k", **told)  # type: ignore[arg-type]
        app.extensions["digest"] = replace(app.extensions["digest"], settings=here)
        return words_of(app.test_client().get("/privacy").text)

    service, waits = "A service that we run or have chosen (crm.example)", "a service of the operator’s own"
    assert service not in shown()
    assert waits not in shown()
    told = shown(events_url="https://crm.example/hook")
    assert waits in told
    assert service not in told
    assert f"{service} Your address, and that you asked" in shown(
        events_url="https://crm.example/hook", events_with_address=True
    )


def test_the_privacy_page_says_what_a_data_protection_officer_asks_for(app: Flask, settings: Settings) -> None:
    told = {
        "site_controller": "Example Publishing Ltd, 1 Street, London",
        "site_authority": "Data Protection Commission, https://dpc.example/complain",
        "consents_kept": timedelta(days=400),
        "deliveries_kept": timedelta(days=50),
        "leads_kept": timedelta(days=77),
    }
    for name, value in told.items():
        object.__setattr__(settings, name, value)
    page = app.test_client().get("/privacy").text
    text = words_of(page)
    assert "The controller (Art. 4(7) GDPR) is Example Publishing Ltd, 1 Street, London." in text
    for article in (7, 15, 16, 17, 18, 20, 21, 22, 77):
        assert f"Art. {article}" in text
    assert 'href="https://dpc.example/complain"' in page
    for period in ("400 days after you left", "50 days after the issue", "77 days, if nobody uses it"):
        assert period in text
    assert "Example Publishing Ltd" in app.test_client().get("/about").text


@pytest.mark.parametrize(
    ("transport", "host", "said"),
    [
        ("outbox", "https://api.sendgrid.com", "Nothing goes to a third country"),
        ("sendgrid", "https://api.sendgrid.com", "The United States, a third country"),
        ("sendgrid", "https://api.eu.sendgrid.com", "The European Union, by SendGrid’s region there"),
    ],
)
def test_the_privacy_page_says_where_mail_goes_by_the_settings(
    app: Flask, settings: Settings, transport: str, host: str, said: str
) -> None:
    object.__setattr__(settings, "mail_transport", transport)
    object.__setattr__(settings, "sendgrid_host", host)
    text = words_of(app.test_client().get("/privacy").text)
    assert said in text
    assert (f"Twilio SendGrid ({host.removeprefix('https://')})" in text) == (transport == "sendgrid")
    assert ("46(2)(c)" in text) == (transport == "sendgrid")


def words_of(html: str) -> str:
    return " ".join(BeautifulSoup(html, "html.parser").get_text(" ").split())


def test_the_privacy_page_names_a_readers_own_links_as_a_digest_does(client: FlaskClient) -> None:
    links = BeautifulSoup(a_digest().html, "html.parser").select(".foot-link a")
    own = [link.get_text() for link in links if link["href"] in (TAGS.preferences, TAGS.unsubscribe)]
    assert len(own) == 2
    text = client.get("/privacy").text
    for name in own:
        assert f"“{name}”" in text


def test_the_privacy_page_says_how_long_backups_remember(client: FlaskClient, app: Flask) -> None:
    assert "stays in backups that the operator of this site has made" in client.get("/privacy").text
    ours = app.extensions["digest"]
    kept = replace(ours.settings, backup_path=ours.settings.instance_path / "backups", backup_keep=9)
    app.extensions["digest"] = replace(ours, settings=kept)
    assert "the newest 9 backups are kept" in client.get("/privacy").text
