"""Alice has the proof in her mailbox, on a telephone that is not signed in to the desk."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask.testing import FlaskClient

from digest.app import create_app
from digest.config import Settings, load
from digest.domain.shared.tokens import Purpose, new_key, seal
from digest.operations.issues.closing import close_issue
from digest.operations.issues.week import skip_issue
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, issue_on
from tests.conftest import Mailbox
from tests.factories import make_editor, make_issue, make_readers, make_summary
from tests.web.browser import words
from tests.web.readers.doors import link_in

FRIDAY = date(2024, 5, 17)


@pytest.fixture
def link(client: FlaskClient, db: Database, settings: Settings, mailbox: Mailbox) -> str:  # noqa: ARG001
    """The path of the hold link in the proof."""
    make_editor(db)
    make_readers(db, settings, 2)
    issue_id = make_issue(db, FRIDAY, [make_summary(db)], introduction="One story.")
    close_issue(Context(db, settings, datetime.now(UTC)), issue_id, "alice@digest.test")
    return link_in(mailbox.to("alice@digest.test")[-1], "hold")


def the_issue(db: Database) -> Issue:
    with db.reading() as session:
        found = issue_on(session, FRIDAY)
        assert found
        return found


def test_opening_the_link_asks_and_changes_nothing(client: FlaskClient, db: Database, link: str) -> None:
    answer = client.get(link)
    assert "Hold the issue of Friday 17 May 2024?" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert not the_issue(db).on_hold


@pytest.mark.parametrize(
    ("now", "asked", "said"),
    [
        ("2024-05-16T12:00Z", None, "It is due to go on Friday 17 May 2024, 08:00 Europe/London."),
        ("2024-05-16T12:00Z", "2024-05-16T12:03Z", "It is due to go on Thursday 16 May 2024, 13:03 Europe/London."),
        ("2024-05-17T07:30Z", None, "It was due to go on Friday 17 May 2024, 08:00 Europe/London, and goes as soon"),
        ("2024-05-18T07:30Z", None, "It was due to go on Friday 17 May 2024, 08:00 Europe/London, and no longer goes"),
    ],
)
def test_the_question_says_when_it_goes(
    client: FlaskClient, db: Database, link: str, now: str, asked: str | None, said: str
) -> None:
    with db.writing() as session:
        session.query(Issue).one().send_now_at = datetime.fromisoformat(asked) if asked else None
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        assert said in words(client.get(link))


@pytest.mark.parametrize(
    ("now", "said", "unless"),
    [
        ("2024-05-16T12:00Z", "as it stands it is skipped on Friday 17 May 2024, 08:00", "and it is skipped, unless"),
        ("2024-05-17T07:30Z", "it is skipped as soon as the clock gets to it", "and it is skipped, unless"),
        ("2024-05-18T07:30Z", "and no longer goes by itself", ""),
    ],
)
def test_the_question_says_so_where_it_would_be_skipped(
    environ: dict[str, str], settings: Settings, link: str, now: str, said: str, unless: str
) -> None:
    demanding = load(environ | {"DIGEST_MINIMUM_ITEMS": "3"}, settings.instance_path.parent)
    app = create_app(demanding, with_postman=False)
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        asked = words(app.test_client().get(link))
    app.extensions["digest"].db.close()
    assert said in asked
    assert unless in asked
    assert ("It has 1 item, and an issue needs 3" in asked) is bool(unless)


def test_the_button_holds_without_signing_in(client: FlaskClient, db: Database, link: str) -> None:
    answer = client.post(link)
    assert answer.status_code == 200
    assert "The issue is on hold" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert the_issue(db).on_hold


def test_pressing_twice_holds_once(client: FlaskClient, link: str) -> None:
    client.post(link)
    assert "It is on hold already" in client.post(link).text
    assert "It is on hold already" in client.get(link).text


def test_too_late(client: FlaskClient, db: Database, settings: Settings, link: str) -> None:
    skip_issue(Context(db, settings, datetime.now(UTC)), the_issue(db).id, "Bob", "holiday")
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 409
        assert "too late" in answer.text
    assert not the_issue(db).on_hold


@pytest.mark.parametrize("cut", [0, 10, -1])
def test_a_link_cut_short_leads_nowhere(client: FlaskClient, link: str, cut: int) -> None:
    path = "/hold/" + (link.removeprefix("/hold/")[:cut] or "x")
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_tokens_of_other_kinds_hold_nothing(client: FlaskClient, settings: Settings) -> None:
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.HOLD):
        assert client.post(f"/hold/{seal(purpose, new_key(), settings.secret_key)}").status_code == 404
