"""The operator's page on the desk: what the doctor finds, the worst first, for admins alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bs4 import BeautifulSoup
from flask import Flask

from digest.config import Settings
from digest.operations.messages.alerting import Sighting
from digest.operations.running.watch import tell
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from tests.conftest import TUESDAY
from tests.web.browser import Browser


def test_an_admin_sees_what_does_not_work_first_and_what_to_do(app: Flask, ada: Browser) -> None:
    extension = app.extensions["digest"]
    app.extensions["digest"] = replace(extension, settings=replace(extension.settings, site_url="http://127.0.0.1:9"))
    text = ada.open("/desk/operating").text
    assert "Something does not work" in text
    places = [text.index(f"<strong>{name}:</strong>") for name in ("Clock", "Backups", "Database")]
    assert places == sorted(places)
    assert "It has never run" in text
    assert "Start it: <code>digest serve --with-scheduler</code>" in text


def test_alerts_are_on_every_page_of_the_desk_and_in_full_on_this_one(
    app: Flask, ada: Browser, alice: Browser, db: Database, settings: Settings
) -> None:
    extension = app.extensions["digest"]
    app.extensions["digest"] = replace(extension, settings=replace(extension.settings, site_url="http://127.0.0.1:9"))
    assert "None lasts" in ada.open("/desk/operating").text
    ours = Context(db, settings, TUESDAY)
    over = Sighting("webhook", "The webhook is silent", ["Turn it on."])
    tell(replace(ours, now=TUESDAY - timedelta(hours=2)), [over])
    tell(replace(ours, now=TUESDAY - timedelta(hours=1)), [])
    tell(ours, [Sighting("disk", "The disk is nearly full", ["Make room."], ("Look", "http://digest.test/desk"))])
    for browser in (ada, alice):
        shown = browser.open("/desk/leads").text
        assert "1 thing is wrong." in shown
        assert "The disk is nearly full" in shown
        assert "The webhook is silent" not in shown
    text = " ".join(BeautifulSoup(ada.open("/desk/operating").text, "html.parser").get_text(" ").split())
    assert "The disk is nearly full: Make room. (since Tuesday 14 May 2024" in text
    assert "The webhook is silent: Turn it on. (over since Tuesday 14 May 2024" in text


def test_an_editor_is_not_shown_it(alice: Browser) -> None:
    assert alice.open("/desk/operating").status_code == 403
    assert "/desk/operating" not in alice.open("/desk/leads").text
