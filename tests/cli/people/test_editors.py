"""`digest editors add`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from digest.cli import cli
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor, editor_with_email
from tests.conftest import Mailbox
from tests.hostile import ADDRESSES


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], tmp_path: Path, db: Database) -> None:  # noqa: ARG001
    """The command finds the test's installation."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path / "instance"))


def _run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["editors", *args])


def _editor(db: Database, email: str) -> Editor:
    with db.reading() as session:
        found = editor_with_email(session, email)
        assert found is not None
        return found


def _path(result: Result) -> str:
    found = re.search(r"http://digest\.test(/desk/password/\S+)", result.output)
    assert found is not None, result.output
    return found.group(1)


def test_add_prints_and_mails_the_link(db: Database, mailbox: Mailbox) -> None:
    result = _run("add", "Grace.Hopper@Digest.test", "--admin")
    assert result.exit_code == 0
    assert "Added grace.hopper@digest.test as admin." in result.output
    editor = _editor(db, "grace.hopper@digest.test")
    assert (editor.name, editor.is_admin) == ("Grace Hopper", True)
    assert len(mailbox.to("grace.hopper@digest.test")) == 1


def test_link_opens_the_password_page(client: FlaskClient, clock: object) -> None:  # noqa: ARG001
    assert client.get(_path(_run("add", "grace@digest.test"))).status_code == 200


def test_adding_again_says_so_and_prints_a_fresh_link(db: Database) -> None:
    first = _path(_run("add", "grace@digest.test"))
    result = _run("add", "grace@digest.test", "--admin")
    assert result.exit_code == 0
    assert "is an editor already, and an admin now." in result.output
    assert _path(result) != first
    assert _editor(db, "grace@digest.test").is_admin


def test_bad_address_is_refused_in_words() -> None:
    result = _run("add", "not an address")
    assert result.exit_code == 2
    assert "can’t be an email address" in result.output


@pytest.mark.only_on("sqlite")
def test_encoded_word_lets_nobody_in(db: Database) -> None:
    result = _run("add", ADDRESSES[0])
    assert result.exit_code == 2
    assert "can’t be an email address" in result.output
    with db.reading() as session:
        assert session.query(Editor).count() == 0
