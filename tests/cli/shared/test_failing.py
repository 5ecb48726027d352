"""What a command says when the machine does not let it: the thing, and what helps."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from digest.cli.running.database_faults import of_the_database
from digest.cli.shared.failing import of_the_system
from tests.cli.shell import Shell

pytestmark = pytest.mark.only_on("sqlite")

UNREACHABLE = "postgresql+psycopg://digest:planted@127.0.0.1:1/digest"


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        ("sqlite:///{}/gone/digest.db", 2, "DATABASE_URL: its folder {}/gone is not there. Make it, "),
        ("sqlite:///{}/instance", 2, "DATABASE_URL: {}/instance is a folder. Name a file in it"),
        (
            "sqlite:///{}/text.db",
            1,
            "the database: file is not a database. DATABASE_URL names a file of something else",
        ),
        (UNREACHABLE, 1, "Start the database, or set its right host and port in DATABASE_URL."),
        ("postgresql+psycopg://digest:planted@host:p/digest", 2, "DATABASE_URL: it can’t be understood."),
    ],
)
def test_a_database_that_cannot_be_opened_is_named_with_the_remedy(
    shell: Shell, tmp_path: Path, url: str, status: int, said: str
) -> None:
    (tmp_path / "text.db").write_text("no database\n" * 100)
    away = Shell(shell.environ | {"DATABASE_URL": url.format(tmp_path)})
    found, _, err = away.run("status")
    assert (found, err.count("\n")) == (status, 1)
    assert err.startswith("digest: ")
    assert said.format(tmp_path) in err
    assert "planted" not in err
    assert "Nothing is lost" not in err


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOENT, "Make it"),
        (errno.EACCES, "Give it to the user that runs Digest"),
        (errno.ENOSPC, "Make room on that disk"),
        (errno.EHOSTDOWN, "See that the disk and the network are well"),
    ],
)
def test_what_the_system_refuses_is_said_with_its_remedy(number: int, remedy: str) -> None:
    said = of_the_system(OSError(number, "No such thing", "/srv/x"))
    assert said.startswith("/srv/x: no such thing. ")
    assert remedy in said


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("attempt to write a readonly database", "belong|Give the file"),
        ("database is locked", "wait until that has ended"),
        ("connection failed\nFATAL: password authentication failed", "Set the right user"),
        ("server closed the connection unexpectedly", "See that it runs"),
    ],
)
def test_what_the_database_refuses_is_said_with_its_remedy(words: str, remedy: str) -> None:
    said = of_the_database(OperationalError("select 1", {}, Exception(words)))
    assert words.partition("\n")[0] in said
    assert any(one in said for one in remedy.split("|"))


def test_a_table_that_is_missing_asks_for_the_migrations() -> None:
    missing = Exception('relation "issues" does not exist')
    assert "Run `digest db upgrade`" in of_the_database(ProgrammingError("select 1", {}, missing))
