"""Pages for machines: is the site well, what may crawlers read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import text

from digest import config
from digest.app import create_app
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database, database_now
from digest.storage.running import schema
from digest.storage.running.heartbeats import beat
from tests.postgresql import Server

pytestmark = pytest.mark.on_both


def tick(db: Database, seconds_ago: float = 0) -> None:
    """Let a clock have ticked so long ago."""
    with db.writing() as session:
        beat(session, "clock", database_now(session) - seconds_ago)


def test_health_is_ok_while_all_is_well(client: FlaskClient, db: Database) -> None:
    tick(db)
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json == {"status": "ok", "database": "ok", "migrations": "ok", "clock": "ok"}
    assert response.headers["Cache-Control"] == "no-store"


def test_health_fails_before_the_clock_first_ticks(client: FlaskClient) -> None:
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json == {
        "status": "failing",
        "database": "ok",
        "migrations": "ok",
        "clock": "never ticked",
    }


def test_health_fails_when_the_clock_has_stopped(client: FlaskClient, db: Database) -> None:
    tick(db, seconds_ago=90)
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["status"] == "failing"
    assert response.json["clock"].startswith("last ticked 9")


def test_one_living_clock_of_two_is_enough(client: FlaskClient, db: Database) -> None:
    with db.writing() as session:
        beat(session, "dead", database_now(session) - 3600)
        beat(session, "alive", database_now(session) - 15)
    assert client.get("/health").status_code == 200


def test_a_newer_database_is_no_fault_but_said(client: FlaskClient, db: Database) -> None:
    tick(db)
    with db.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    response = client.get("/health")
    assert response.status_code == 200
    assert response.json == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "clock": "ok",
        "program": "older than its database; restart it with the release that upgraded the database",
    }


@pytest.fixture
def behind(client: FlaskClient, db: Database) -> Iterator[FlaskClient]:
    """A site whose database was taken back while it runs."""
    schema.downgrade(db, MIGRATIONS, "base")
    yield client


def test_health_fails_when_migrations_are_missing(behind: FlaskClient) -> None:
    response = behind.get("/health")
    assert response.status_code == 503
    assert response.json == {
        "status": "failing",
        "database": "ok",
        "migrations": "not all applied",
        "clock": "unknown",
    }


@pytest.mark.only_on("postgresql")
def test_health_tells_no_details_of_a_database_that_is_gone(
    postgresql_server: Server, environ: dict[str, str], tmp_path: Path
) -> None:
    with postgresql_server.database() as url:
        app = create_app(config.load(environ | {"DATABASE_URL": url}, tmp_path), with_postman=False)
    response = app.test_client().get("/health")
    assert response.status_code == 503
    assert response.json is not None
    assert response.json["database"] == "does not answer"
    app.extensions["digest"].db.close()


@pytest.mark.only_on("sqlite")
def test_health_tells_no_details_of_a_broken_database(client: FlaskClient, db: Database) -> None:
    with db.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    path = db.engine.url.database
    assert path is not None
    db.close()
    client.application.extensions["digest"].db.close()
    with open(path, "wb") as broken:  # noqa: PTH123
        broken.write(b"not a database " * 1000)
    response = client.get("/health")
    assert response.status_code == 503
    assert response.json == {
        "status": "failing",
        "database": "does not answer",
        "migrations": "unknown",
        "clock": "unknown",
    }


def test_robots_may_read_the_archive_only(client: FlaskClient) -> None:
    response = client.get("/robots.txt")
    assert response.mimetype == "text/plain"
    lines = response.text.splitlines()
    for path in ("/desk", "/confirm/", "/unsubscribe/", "/preferences/", "/hold/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines
    assert "Sitemap: http://digest.test/sitemap.xml" in lines


@pytest.mark.parametrize("path", ["/favicon.svg", "/favicon.ico"])
def test_icon_is_our_own(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["Location"] == "/static/favicon.svg"
    with client.get("/static/favicon.svg") as response:
        assert response.mimetype == "image/svg+xml"


@pytest.mark.parametrize("path", ["/health", "/robots.txt"])
def test_head_works_and_no_cookie_is_set(client: FlaskClient, path: str) -> None:
    response = client.head(path)
    assert response.status_code in (200, 503)
    assert response.data == b""
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("path", ["/nope", "/news/a/b/c/d", "/health/", "/robots.txt/", "/%00", "/%ff"])
def test_unknown_address_is_a_page_that_leads_on(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    page = BeautifulSoup(response.text, "html.parser")
    assert page.select_one("main h1") is not None
    assert page.select_one('main a[href="/news"]') is not None
    assert "Set-Cookie" not in response.headers
