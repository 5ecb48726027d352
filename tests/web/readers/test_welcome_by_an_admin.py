"""A reader whom an admin adds is welcomed if the admin says so, once, and else told nothing before the next issue."""

from __future__ import annotations

from digest.config import Settings
from digest.storage.base.database import Database
from tests.conftest import Mailbox, text_of
from tests.web.browser import Browser, page, words
from tests.web.readers.test_acts_for_readers import OFFLINE
from tests.web.readers.test_welcome import FINE, send_both

RUIZ = "ruiz@example.org"
ADD = "/desk/subscribers/add"


def test_the_tick_is_off_and_what_it_sends_is_the_latest_issue(
    ada: Browser, db: Database, settings: Settings, mailbox: Mailbox
) -> None:
    send_both(db, settings)
    (tick,) = page(ada.open(ADD)).select("input[name=welcome]")
    assert not tick.has_attr("checked")
    ada.send(ADD, email="silent@example.org", form=OFFLINE)
    assert mailbox.to("silent@example.org") == []
    added = ada.send(ADD, email=RUIZ, welcome="1", form=OFFLINE)
    assert "The latest issue is on its way to them." in words(ada.open(added.location))
    again = ada.send(ADD, email=RUIZ, welcome="1", form=OFFLINE)
    assert page(again).select("input[name=welcome][checked]"), "what was ticked stays so"
    (welcome,) = mailbox.to(RUIZ)
    assert welcome["Subject"].startswith("Welcome to Privacy Digest: ")
    assert FINE in text_of(welcome)
    assert "List-Unsubscribe" in welcome


def test_without_an_issue_nothing_is_sent_and_it_says_so(ada: Browser, mailbox: Mailbox) -> None:
    added = ada.send(ADD, email=RUIZ, welcome="1", form=OFFLINE)
    assert "There is no issue to welcome them with" in words(ada.open(added.location))
    assert mailbox.read() == []
