"""`digest db`, as the operator runs it to bring the schema up, to check it, and to move to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import make_url

from digest.cli import cli
from digest.config import BadSetting, Settings
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database, database_now
from digest.storage.running.heartbeats import beat
from tests import postgresql
from tests.conftest import Home
from tests.factories import make_readers, make_subscriber
from tests.postgresql import Server
from tests.web.readers.doors import everything

pytestmark = pytest.mark.on_both


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


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["db", *words])


def copy(url: str) -> Result:
    return run("copy", url)


def test_an_older_schema_is_an_error_that_names_the_remedy(
    db: Database,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    monkeypatch.setenv("PATH", postgresql.programs(), prepend=":")
    assert run("check").stdout == "The database is up to date.\n"
    assert run("downgrade", "-1", "--yes").exit_code == 0
    result = run("check")
    assert result.exit_code == 1
    assert result.stderr == "digest: Migrations are missing. Run `digest db upgrade`.\n"
    result = run("upgrade")
    assert result.exit_code == 0
    [kept] = (settings.instance_path / "backups").iterdir()
    assert result.stdout.startswith(f"Backed up first: {kept} (")
    assert run("check").exit_code == 0


@pytest.mark.parametrize("words", [("check",), ("upgrade",), ("downgrade", "--yes")])
def test_a_schema_of_a_newer_program_is_an_error(db: Database, words: tuple[str, ...]) -> None:
    with db.writing() as session:
        session.connection().exec_driver_sql("update alembic_version set version_num = '9999'")
    result = run(*words)
    assert result.exit_code == 1
    assert "digest: The database is of a newer program: no migration here makes its revision 9999." in result.stderr


def test_tables_that_were_changed_by_hand_are_an_error(db: Database) -> None:
    with db.writing() as session:
        session.connection().exec_driver_sql("alter table topics add column color varchar(10)")
    result = run("check")
    assert result.exit_code == 1
    assert "digest: The tables differ from the code" in result.stderr
    assert "color" in result.stderr


def test_a_revision_that_does_not_exist_is_answered_with_those_that_do(db: Database) -> None:  # noqa: ARG001
    result = run("downgrade", "nonsense", "--yes")
    assert result.exit_code == 1
    assert "digest: The database can’t be taken back to “nonsense”" in result.stderr
    assert "or one of 0001, 0002, 0003" in result.stderr
    assert run("check").exit_code == 0


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
    target = make_url(elsewhere).render_as_string(hide_password=True)
    assert f"The target {target} has content already" in str(again.exception)


def test_tables_of_something_else_are_refused_with_the_targets_name(elsewhere: str) -> None:
    with closing(Database(elsewhere)) as target, target.writing() as session:
        session.connection().exec_driver_sql("create table recipes (id integer primary key)")
    again = copy(elsewhere)
    assert isinstance(again.exception, Refused)
    target_name = make_url(elsewhere).render_as_string(hide_password=True)
    assert str(again.exception).startswith(f"The target {target_name} holds tables of something else (recipes, …).")


def test_it_is_not_copied_onto_itself(settings: Settings) -> None:
    result = copy(settings.database_url)
    assert result.exit_code == 1
    assert "This is the database in use" in result.output


@pytest.mark.only_on("sqlite")
def test_a_server_that_is_not_there_is_said_so_without_the_password() -> None:
    result = copy("postgresql+psycopg://digest:planted@127.0.0.1:9/digest?password=planted")
    assert result.exit_code == 1
    assert "digest: The target postgresql+psycopg://digest:***@127.0.0.1:9/digest can’t be opened" in result.stderr
    assert "Nothing was copied; see that it is there" in result.stderr
    assert "planted" not in result.output


@pytest.mark.only_on("sqlite")
def test_a_target_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = copy(f"sqlite:///{tmp_path}/missing/moved.db")
    assert result.exit_code == 1
    assert result.stderr == (
        f"digest: The target’s folder {tmp_path}/missing is not there. Nothing was copied; make it, then run this "
        "again.\n"
    )


@pytest.mark.only_on("sqlite")
def test_a_target_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear reader, this is no database. " * 100)
    result = copy(f"sqlite:///{tmp_path}/letter.db")
    assert result.exit_code == 1
    assert (
        f"digest: The target sqlite:///{tmp_path}/letter.db can’t be opened: file is not a database." in result.stderr
    )


@pytest.mark.only_on("sqlite")
def test_an_installation_that_is_not_there_is_not_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path / "mistyped"))
    result = copy(f"sqlite:///{tmp_path}/moved.db")
    assert result.exit_code == 1
    assert f"digest: There is no database {tmp_path}/mistyped/digest.db to copy from." in result.stderr
    assert not (tmp_path / "moved.db").exists()
    assert not (tmp_path / "mistyped").exists()


@pytest.mark.only_on("sqlite")
def test_a_url_that_is_none_is_refused_without_showing_it() -> None:
    result = copy("postgres://digest:planted@host/digest")
    assert isinstance(result.exception, BadSetting)
    assert str(result.exception).startswith("URL: use sqlite:///path/to/digest.db or postgresql+psycopg://")
    assert "planted" not in str(result.exception)
