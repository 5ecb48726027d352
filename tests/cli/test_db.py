"""`digest db copy`, as the operator runs it to move to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url

from digest.cli import cli
from digest.config import BadSetting, Settings
from digest.operations.refusal import Refused
from digest.storage.database import Database, database_now
from digest.storage.heartbeats import beat
from tests.conftest import Home
from tests.factories import make_readers, make_subscriber
from tests.postgresql import Server
from tests.web.doors import everything


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], settings: Settings, db: Database) -> None:  # noqa: ARG001
    """The command finds the test's installation."""
    for name, value in {**environ, "INSTANCE_PATH": str(settings.instance_path)}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def elsewhere(home: Home, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database of the other kind."""
    if home.kind == "postgresql":
        yield f"sqlite:///{tmp_path}/moved.db"
        return
    server: Server = request.getfixturevalue("postgresql_server")
    with server.database(migrated=False) as url:
        yield url


def copy(url: str) -> Result:
    return CliRunner().invoke(cli, ["db", "copy", url])


def test_it_counts_and_says_what_to_do_next(db: Database, settings: Settings, elsewhere: str) -> None:
    make_readers(db, settings, 3)
    result = copy(elsewhere)
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["subscribers", "3"] in lines
    assert ["deliveries", "0"] in lines
    assert f"DATABASE_URL={make_url(elsewhere).render_as_string(hide_password=True)}" in result.output
    assert "never start anything on it again" in result.output
    with closing(Database(elsewhere)) as moved:
        assert everything(moved) == everything(db)


@pytest.mark.parametrize(("seconds_ago", "warns"), [(3, True), (60, False)])
def test_a_clock_that_ticked_just_now_is_warned_of(
    db: Database, elsewhere: str, seconds_ago: float, warns: bool
) -> None:
    with db.writing() as session:
        beat(session, "clock", database_now(session) - seconds_ago)
    result = copy(elsewhere)
    assert result.exit_code == 0
    assert ("A clock ticked" in result.stderr) is warns


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("generated", [True, False])
def test_it_says_where_the_keys_are_but_not_what_they_are(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, elsewhere: str, generated: bool
) -> None:
    if generated:
        monkeypatch.delenv("SECRET_KEY")
        monkeypatch.delenv("SUPPRESSION_KEY")
    said = copy(elsewhere).output
    for name in ("secret_key", "suppression_key"):
        kept = settings.instance_path / name
        assert (f"{name.upper()}: the content of {kept};" in said) is generated
        assert (f"{name.upper()}: as it is set now;" in said) is not generated
        assert not generated or kept.read_text().strip() not in said


def test_a_second_copy_is_refused_and_changes_nothing(db: Database, settings: Settings, elsewhere: str) -> None:
    make_subscriber(db, settings)
    assert copy(elsewhere).exit_code == 0
    make_subscriber(db, settings)
    again = copy(elsewhere)
    assert isinstance(again.exception, Refused)
    assert "The target has content already" in str(again.exception)


def test_it_is_not_copied_onto_itself(settings: Settings) -> None:
    result = copy(settings.database_url)
    assert result.exit_code == 1
    assert "This is the database in use" in result.output


@pytest.mark.only_on("sqlite")
def test_a_server_that_is_not_there_is_said_so_without_the_password() -> None:
    result = copy("postgresql+psycopg://digest:planted@127.0.0.1:9/digest")
    assert result.exit_code == 1
    assert "The target did not do it" in result.output
    assert "Nothing was copied" in result.output
    assert "planted" not in result.output


@pytest.mark.only_on("sqlite")
def test_a_url_that_is_none_is_refused_without_showing_it() -> None:
    result = copy("postgres://digest:planted@host/digest")
    assert isinstance(result.exception, BadSetting)
    assert str(result.exception).startswith("URL: use sqlite:///path/to/digest.db or postgresql+psycopg://")
    assert "planted" not in str(result.exception)
