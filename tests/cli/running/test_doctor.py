"""`digest doctor`, as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.domain.running.alerts import AlertKind
from digest.storage.base.database import Database, database_now
from digest.storage.running.heartbeats import beat
from tests.cli.shell import Shell
from tests.factories import make_editor
from tests.monitor import listening


@pytest.fixture
def shell(shell: Shell, db: Database) -> Shell:  # noqa: ARG001 - the installation
    """Of an installation that sends nothing, and whose site does not run."""
    kept = {name: value for name, value in shell.environ.items() if not name.startswith("SENDGRID_")}
    return Shell(kept | {"MAIL_TRANSPORT": "outbox", "SITE_URL": "http://127.0.0.1:9"})


@pytest.mark.on_both
def test_it_tells_programs_in_json_and_by_its_status(shell: Shell, db: Database) -> None:
    status, out, err = shell.run("doctor", "--json")
    checks = json.loads(out)["checks"]
    assert (status, err) == (1, "")
    assert all(set(check) == {"name", "state", "words", "remedy"} for check in checks)
    assert {check["name"] for check in checks if check["state"] == "bad"} == {"clock", "site from outside"}
    assert all(bool(check["remedy"]) == (check["state"] != "ok") for check in checks)
    with db.writing() as session:
        beat(session, "here:1", database_now(session))
    told = {check["name"]: check["state"] for check in json.loads(shell.run("doctor", "--json")[1])["checks"]}
    assert told["clock"] == "ok"


def test_it_tells_people_the_thing_and_the_remedy(shell: Shell) -> None:
    _, out, _ = shell.run("doctor")
    assert "BAD   clock: It has never run: nothing closes or sends an issue.\n      → Start it: " in out


def test_a_rehearsal_of_alerts_says_what_each_way_took(shell: Shell, db: Database) -> None:
    make_editor(db, "ada@digest.test")
    with listening() as monitor:
        status, out, _ = Shell(shell.environ | {"ALERT_URL": monitor.url}).run("doctor", "--rehearse-alerts")
    kinds = len(AlertKind)
    assert (status, out) == (
        0,
        f"ok    mail: {kinds - 1} of {kinds - 1} were accepted.\nok    ALERT_URL: {kinds} of {kinds} were accepted.\n",
    )
    letters = [path.read_bytes() for path in (Path(shell.environ["INSTANCE_PATH"]) / "outbox").glob("*.eml")]
    assert len(letters) == kinds - 1
    assert all(b"Rehearsal of an alert" in letter for letter in letters)
    status, out, _ = Shell(shell.environ | {"ALERT_URL": "http://127.0.0.1:9/"}).run("doctor", "--rehearse-alerts")
    assert status == 1
    assert "BAD   ALERT_URL: 0 of 1 were accepted: the monitor could not be reached" in out


def test_a_setting_that_can_not_be_meant_is_a_finding_and_no_end(shell: Shell) -> None:
    for name, words in (("DIGEST_DYA", "did you mean DIGEST_DAY."), ("DIGEST_TIME", "use HH:MM, for example 09:00.")):
        status, out, err = Shell(shell.environ | {name: "9am"}).run("doctor", "--json")
        (check,) = json.loads(out)["checks"]
        assert (status, err) == (1, "")
        assert (check["name"], check["state"]) == ("settings", "bad")
        assert check["words"].endswith(words)
        assert "`.env`" in check["remedy"]


def test_it_does_not_end_on_a_database_that_is_not_there(shell: Shell) -> None:
    nowhere = Shell(shell.environ | {"DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:9/none"})
    status, out, err = nowhere.run("doctor", "--json")
    assert (status, err) == (1, "")
    told = {check["name"]: check for check in json.loads(out)["checks"]}
    assert told["database"]["state"] == "bad"
    assert "DATABASE_URL" in told["database"]["remedy"]
