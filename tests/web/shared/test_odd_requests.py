"""What no reader types but robots do: characters and numbers that a database can't hold. Never a broken page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from digest.storage.base.database import Database
from tests.factories import make_issue, make_source, make_summary
from tests.web.browser import Browser
from tests.web.readers.doors import ask

pytestmark = pytest.mark.on_both


@pytest.mark.parametrize(
    "path",
    [
        "/news?q=%00",
        "/news?q=a%00b",
        "/news?topic=%00",
        "/news?publication=%00",
        "/news?page=99999999999999999999",
        "/news?page=9223372036854775807",
        "/news?from=0001-01-01&to=9999-12-31",
        "/news/x%00/y/1",
        "/news/x/y/99999999999999999999",
        "/topics/%00.atom",
        "/publications/%00.atom",
        "/issues?page=99999999999999999999",
        "/confirm/%00",
        "/unsubscribe/%00",
        "/preferences/%00",
        "/hold/%00",
        "/desk/password/%00",
    ],
)
def test_an_odd_address_is_a_page_or_none(client: FlaskClient, db: Database, path: str) -> None:
    make_summary(db)
    assert client.get(path).status_code in (200, 301, 302, 303, 308, 400, 404, 410)


@pytest.mark.parametrize("email", ["zoe\0@example.org", "zoe@exam\0ple.org", "\0"])
def test_an_odd_address_to_subscribe_is_refused(client: FlaskClient, email: str) -> None:
    assert ask(client, email).status_code in (200, 303, 400, 422)


def test_an_odd_word_beside_the_address_is_no_harm(client: FlaskClient) -> None:
    assert ask(client, name="\0", topics="\0").status_code in (200, 303, 400, 422)


@pytest.mark.parametrize("path", ["/news//", "//news", "/desk", "/news///a"])
def test_no_redirect_leads_to_the_host_that_a_request_names(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "evil.example"})
    assert "evil.example" not in answer.headers.get("Location", "")
    assert not answer.headers.get("Location", "").startswith("//")


@pytest.mark.parametrize(
    "path",
    [
        "/desk/leads?q=%00&publication=%00&topic=%00",
        "/desk/leads?show=%00&source=99999999999999999999&page=99999999999999999999",
        "/desk/sources?show=%00",
        "/desk/summaries?q=%00&publication=%00",
        "/desk/publications?q=%00",
        "/desk/issue?q=%00&publication=%00&from=%00",
        "/desk/audit?act=%00",
        "/desk/sources/1?rule=%00&kind=keep_out",
    ],
)
def test_an_odd_question_on_the_desk_is_a_page(alice: Browser, ada: Browser, db: Database, path: str) -> None:
    make_issue(db, summary_ids=[make_summary(db)])
    make_source(db)
    who = ada if "audit" in path else alice
    assert who.client.get(path).status_code in (200, 302, 400, 404)
