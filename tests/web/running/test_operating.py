"""The operator's page on the desk: what the doctor finds, the worst first, for admins alone."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from tests.web.browser import Browser


def test_an_admin_sees_what_does_not_work_first_and_what_to_do(app: Flask, ada: Browser) -> None:
    extension = app.extensions["digest"]
    app.extensions["digest"] = replace(extension, settings=replace(extension.settings, site_url="http://127.0.0.1:9"))
    text = ada.open("/desk/operating").text
    assert "Something does not work" in text
    places = [text.index(f"<strong>{name}:</strong>") for name in ("Clock", "Backups", "Database")]
    assert places == sorted(places)
    assert "It has never run" in text
    assert "Start it: `digest serve --with-scheduler`" in text


def test_an_editor_is_not_shown_it(alice: Browser) -> None:
    assert alice.open("/desk/operating").status_code == 403
    assert "/desk/operating" not in alice.open("/desk/leads").text
