"""SendGrid says that the account is suspended: the operator hears by every way but mail, once, and until it is over."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import pytest
from flask.testing import FlaskClient

from digest.mail.monitors import ALERT
from digest.storage.base.database import Database
from digest.storage.messages.messages import Message
from tests.conftest import TUESDAY
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.loopback.webhook import PATH, Behaviour, EventWebhook, flask_post, signed_headers
from tests.reporting import both_ways
from tests.web.browser import Browser, words

NOON = int(TUESDAY.timestamp()) - 600
SUSPENDED, BANNED, AGAIN = "compliance_suspend", "compliance_ban", "reactivate"


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | both_ways(sendgrid) | {"ALERT_URL": "https://hooks.example.org/alerts"}


@pytest.fixture
def webhook(client: FlaskClient) -> EventWebhook:
    return EventWebhook(flask_post(client))


def said(word: str, after: int = 0, event: str = "") -> dict[str, Any]:
    return {
        "event": "account_status_change", "type": word, "timestamp": NOON + after,
        "sg_event_id": event or f"{word}-{after}",
    }  # fmt: skip


def alerts(db: Database) -> Sequence[str]:
    with db.reading() as session:
        found = session.query(Message).order_by(Message.id).all()
        assert {message.kind for message in found} <= {ALERT}  # mail is what is broken
        return [json.loads(message.text)["heading"] for message in found]


def desk(browser: Browser) -> str:
    return words(browser.open("/desk/reports"))


def test_a_suspended_account_is_told_at_once_and_on_every_page_of_the_desk(
    ada: Browser, client: FlaskClient, db: Database, webhook: EventWebhook, caplog: pytest.LogCaptureFixture
) -> None:
    assert "SendGrid has suspended" not in desk(ada)
    assert webhook.tell([said(SUSPENDED)]) == [204]
    assert alerts(db) == ["SendGrid has suspended the account"]
    assert "SendGrid has suspended the account (compliance_suspend). It still takes mail, but queues it" in caplog.text
    for page in ("/desk/issue", "/desk/summaries", "/desk/reports"):
        shown = words(ada.open(page))
        assert "SendGrid has suspended the account" in shown
        assert "Put the issue on hold, or stop the send, until this is mended." in shown
    assert "SendGrid has suspended" not in client.get("/").text
    assert webhook.tell([said(AGAIN, 60)]) == [204]
    assert "SendGrid has suspended" not in desk(ada)
    assert alerts(db) == ["SendGrid has suspended the account", "SendGrid has made the account active again"]


@pytest.mark.on_both
@pytest.mark.parametrize("seed", range(2))
def test_it_is_told_once_whatever_the_order_and_however_often(
    ada: Browser, db: Database, webhook: EventWebhook, seed: int
) -> None:
    assert webhook.tell([said(SUSPENDED)]) == [204]
    story = [said(SUSPENDED), said(AGAIN, 60), said(BANNED, 120), said(BANNED, 120, "again")] * 5
    random.Random(seed).shuffle(story)  # noqa: S311 - to be repeatable, not secret
    for event in story:
        assert webhook.tell([event], Behaviour.REPLAYED) == [204, 204]
    told = alerts(db)
    assert (told[0], told[-1]) == ("SendGrid has suspended the account", "SendGrid has banned the account")
    assert len(told) == len(set(told)) <= 3
    assert "SendGrid has banned the account" in desk(ada)


def test_a_forged_or_malformed_report_changes_nothing(client: FlaskClient, db: Database, webhook: EventWebhook) -> None:
    assert webhook.tell([said(SUSPENDED)], Behaviour.FORGED) == [403]
    body = json.dumps([said(SUSPENDED)]).encode()
    assert client.post(PATH, data=body).status_code == 403
    assert client.post(PATH, data=body + b" ", headers=signed_headers(body, str(NOON))).status_code == 403
    odd = [
        ["account_status_change"], "account_status_change", {"event": ["account_status_change"]},
        {"event": "account_status_changed", "type": SUSPENDED}, {"type": SUSPENDED},
    ]  # fmt: skip
    assert webhook.tell(odd) == [204]  # type: ignore[arg-type]
    assert alerts(db) == []


@pytest.mark.parametrize(
    "event",
    [
        said("something_new"),
        said("\u0000\u202e"),
        {"event": "account_status_change"},
        said(SUSPENDED) | {"timestamp": "soon", "sg_event_id": ["\u0000"]},
        said(SUSPENDED) | {"timestamp": 10**30},
    ],
)
def test_a_state_that_nobody_knows_is_told_too(db: Database, webhook: EventWebhook, event: dict[str, Any]) -> None:
    assert webhook.tell([event], Behaviour.REPLAYED) == [204, 204]
    [heading] = alerts(db)
    assert heading.isprintable()


def test_an_admin_puts_the_notice_away_and_only_that_one(ada: Browser, alice: Browser, webhook: EventWebhook) -> None:
    webhook.tell([said(SUSPENDED)])
    assert "Tell an admin" in desk(alice)
    assert alice.send("/desk/standing/dismissed", event=f"{SUSPENDED}-0").status_code == 403
    ada.send("/desk/standing/dismissed", event="of another report")
    assert "Put this notice away" in desk(ada)
    assert ada.send("/desk/standing/dismissed", event=f"{SUSPENDED}-0").status_code == 303
    assert "SendGrid has suspended" not in desk(ada) + desk(alice)
    webhook.tell([said(SUSPENDED, 60)])
    assert "SendGrid has suspended" not in desk(ada)
    webhook.tell([said(BANNED, 120)])
    assert "SendGrid has banned the account" in desk(ada)


def test_an_account_that_was_never_in_trouble_is_not_told_of(db: Database, webhook: EventWebhook) -> None:
    assert webhook.tell([said(AGAIN)]) == [204]
    assert alerts(db) == []
