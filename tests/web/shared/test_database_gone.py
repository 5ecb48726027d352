"""The database is taken away while the site serves: nobody is told “accepted” for nothing, and the operator is told."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from digest.app import create_app
from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.base.database_file import DatabaseFileGone
from tests.postgresql import copy_database, drop_database, make_again

pytestmark = pytest.mark.on_both


@pytest.fixture
def path(settings: Settings, client: FlaskClient) -> Path:
    """The file of a site that serves."""
    assert client.get("/").status_code == 200
    return settings.instance_path / "digest.db"


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copyfile(path, copy)
    copy.replace(path)


def replaced_with_all_its_files(path: Path) -> None:
    for old in path.parent.glob("digest.db*"):
        fresh = old.with_name(f"fresh-{old.name}")
        shutil.copyfile(old, fresh)
        fresh.replace(old)


def moved_with_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def lost_its_wal(path: Path) -> None:
    path.with_name("digest.db-wal").unlink()


def lost_its_shm(path: Path) -> None:
    path.with_name("digest.db-shm").unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


WAYS = [
    removed,
    replaced,
    replaced_with_all_its_files,
    moved_with_its_folder,
    lost_its_wal,
    lost_its_shm,
    emptied,
]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("lose", WAYS)
def test_nothing_is_accepted_for_a_file_that_is_gone(
    client: FlaskClient, path: Path, caplog: pytest.LogCaptureFixture, lose: Callable[[Path], None]
) -> None:
    lose(path)
    left = {file: file.read_bytes() for file in path.parent.glob("digest.db*")}
    page = client.get("/")
    assert page.status_code == 503
    heading = BeautifulSoup(page.text, "html.parser").select_one("main h1")
    assert heading is not None
    assert heading.text == "The database does not answer"
    for address in ("reader@example.net", "other@example.net"):
        assert client.post("/subscribe", data={"email": address}).status_code == 503
    health = client.get("/health")
    assert health.status_code == 503
    assert health.json is not None
    assert health.json["database"] == "the file was removed or replaced; restart"
    assert {file: file.read_bytes() for file in path.parent.glob("digest.db*")} == left
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line == (
        f"{path}, or its -wal or -shm file, was removed or replaced while in use. Nothing is read or written until "
        "Digest is restarted: stop it, put the right file in place, start it"
    )


@pytest.mark.only_on("sqlite")
def test_a_file_that_comes_back_is_gone_on_with_and_that_is_said(
    client: FlaskClient, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    moved = path.with_name("moved.db")
    path.rename(moved)
    assert client.get("/").status_code == 503
    moved.rename(path)
    assert [client.get("/").status_code for _ in range(2)] == [200, 200]
    assert [record.getMessage() for record in caplog.records][1:] == [
        f"{path} is back: it is the same file as before, and everything goes on"
    ]


@pytest.mark.only_on("sqlite")
def test_a_transaction_that_its_file_was_taken_from_is_not_committed(db: Database, settings: Settings) -> None:
    with pytest.raises(DatabaseFileGone), db.writing() as session:
        session.execute(text("DELETE FROM tallies"))
        removed(settings.instance_path / "digest.db")


@pytest.mark.only_on("sqlite")
def test_a_site_started_anew_serves_what_is_there(client: FlaskClient, path: Path, settings: Settings) -> None:
    replaced_with_all_its_files(path)
    assert client.get("/").status_code == 503
    again = create_app(settings, with_postman=False)
    assert again.test_client().get("/").status_code == 200
    again.extensions["digest"].db.close()


@pytest.mark.only_on("sqlite")
def test_a_file_that_is_no_database_any_more_is_no_stack_trace(app: Flask, path: Path) -> None:
    path.with_name("digest.db-wal").write_bytes(b"")
    path.write_bytes(b"not a database " * 1_000)
    app.testing = False
    app.extensions["digest"].db.engine.dispose()
    assert app.test_client().get("/").status_code == 503


@pytest.mark.only_on("sqlite")
def test_a_file_that_is_written_over_is_refused_once_any_session_has_met_it(
    app: Flask, client: FlaskClient, path: Path, settings: Settings
) -> None:
    app.testing = False
    with closing(Database(settings.database_url)) as postmans:
        with postmans.reading() as session:
            session.execute(text("SELECT count(*) FROM messages"))
        path.write_bytes(path.read_bytes()[:4_096] + b"another program's pages " * 20_000)
        app.extensions["digest"].db.engine.dispose()
        with pytest.raises(DatabaseError), postmans.reading() as session:
            session.execute(text("PRAGMA integrity_check"))
            session.execute(text("SELECT * FROM summaries, subscribers, messages, issues"))
        assert client.get("/").status_code == 503
        assert client.post("/subscribe", data={"email": "reader@example.net"}).status_code == 503
        health = client.get("/health")
        assert (health.status_code, health.json and health.json["database"]) == (
            503,
            "the file was removed or replaced; restart",
        )


@pytest.mark.only_on("postgresql")
def test_a_server_without_the_database_is_waited_for(db: Database, settings: Settings) -> None:
    url = settings.database_url
    db.close()
    backup = copy_database(url)
    app = create_app(settings, with_postman=False)
    site = app.test_client()
    assert site.get("/").status_code == 200
    drop_database(url)
    assert statuses(site) == {503}
    make_again(url, backup)
    assert site.get("/").status_code == 200
    app.extensions["digest"].db.close()
    drop_database(backup)


@pytest.mark.only_on("postgresql")
def test_a_server_database_without_its_tables_is_waited_for(client: FlaskClient, db: Database) -> None:
    with db.writing() as session:
        session.execute(text("ALTER SCHEMA public RENAME TO away"))
    assert statuses(client) == {503}
    with db.writing() as session:
        session.execute(text("ALTER SCHEMA away RENAME TO public"))
    assert client.get("/").status_code == 200


def statuses(site: FlaskClient) -> set[int]:
    """Of a page, of a form and of the site’s health."""
    form = site.post("/subscribe", data={"email": "reader@example.net"})
    return {site.get("/").status_code, form.status_code, site.get("/health").status_code}
