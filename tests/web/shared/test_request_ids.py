"""Every answer has an id of its own, which the page of an error of ours names."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from digest.app import create_app
from digest.config import Settings
from digest.storage.base.database import Database

GIVEN = "3f0c9a4e-1b2d-4c5e-8f90-aabbccddeeff"


def test_every_answer_has_an_id_of_its_own(client: FlaskClient) -> None:
    ids = []
    for path in ("/", "/nowhere", "/static/site.css", "/"):
        with client.get(path) as answer:
            ids.append(answer.headers["X-Request-ID"])
    assert len(set(ids)) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


def test_what_a_stranger_sends_as_an_id_is_not_believed(client: FlaskClient) -> None:
    assert client.get("/", headers={"X-Request-ID": GIVEN}).headers["X-Request-ID"] != GIVEN


def test_a_trusted_proxys_id_is_taken_if_it_looks_like_one(settings: Settings, db: Database) -> None:  # noqa: ARG001
    app = create_app(replace(settings, trusted_proxies=1), with_postman=False)
    client = app.test_client()
    assert client.get("/", headers={"X-Request-ID": GIVEN}).headers["X-Request-ID"] == GIVEN
    for odd in ("short", "x" * 65, "zoe@example.org", "a b c d e f g h", "ümlaute-ümlaute"):
        assert client.get("/", headers={"X-Request-ID": odd}).headers["X-Request-ID"] != odd
    app.extensions["digest"].db.close()


def test_the_page_of_an_error_names_it(app: Flask, db: Database, caplog: pytest.LogCaptureFixture) -> None:
    with db.writing() as session:
        session.execute(text("ALTER TABLE topics RENAME TO elsewhere"))
    client = app.test_client()
    answer = client.get("/news")
    mention = answer.headers["X-Request-ID"]
    assert (answer.status_code, f"mention {mention}." in answer.text) == (503, True)
    told = client.get("/news.json", headers={"Accept": "application/json"})
    assert told.json is not None
    assert told.json["request"] == told.headers["X-Request-ID"]
    assert mention not in client.get("/nowhere").text
    assert "no such table" in caplog.text
