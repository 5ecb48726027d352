"""The operator brings suppressions in, lists them, and asks about one address."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.operations.readers.privacy import erase
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import SubscriberState, audience_size, subscriber_with_address
from digest.storage.suppressions.suppressions import Suppression
from tests.factories import make_subscriber
from tests.hostile import ADDRESSES

LONG_AGO = datetime(2023, 2, 3, tzinfo=UTC)


class Command:
    """`digest suppressions …` on this test's installation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["suppressions", *arguments])

    def import_(self, content: str | bytes, name: str = "old.csv") -> Result:
        path = self._folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self("import", str(path))


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], settings: Settings, db: Database, tmp_path: Path
) -> Command:
    """The command, in the environment of the test's installation."""
    assert db
    for name, value in {**environ, "INSTANCE_PATH": str(settings.instance_path)}.items():
        monkeypatch.setenv(name, value)
    return Command(tmp_path)


def kept(db: Database) -> dict[str, Suppression]:
    with db.reading() as session:
        return {row.address_hash: row for row in session.query(Suppression)}


@pytest.mark.on_both
def test_an_import_accounts_for_every_row(command: Command, db: Database, settings: Settings) -> None:
    erase(Context(db, settings, LONG_AGO), "erased@example.org", "test")
    result = command.import_(
        "email,reason,at\n"
        "Alice@Example.org,bounce,2023-02-03\n"
        "bob@example.org,,\n"
        "carol@example.org,Complaint,2023-02-03T01:00:00+01:00\n"
        "alice@example.org,invalid,\n"
        "erased@example.org,objection,\n"
        "\n"
        "nonsense,,\n"
        "dave@example.org,erasure,\n"
        "erin@example.org,bounce,yesterday\n"
        "frank@example.org,bounce,2023-02-03,more\n"
    )
    assert result.exit_code == 1
    counts = "9 rows: 4 added (2 bounce, 1 complaint, 1 objection), 2 already there, 3 refused.\n"
    assert result.stdout == (
        f"{counts}The date in line 10 can’t be read, so now stands in for it. Write it like 2024-05-15.\n"
    )
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["line 8", "line 9", "line 11"]
    assert "use bounce, complaint, invalid, objection" in result.stderr
    found = kept(db)
    alice, bob, carol, erased, erin = (
        found.pop(fingerprint(f"{name}@example.org", settings.suppression_key))
        for name in ("alice", "bob", "carol", "erased", "erin")
    )
    assert found == {}
    assert (alice.reason, alice.at, alice.source) == ("bounce", LONG_AGO, "import of old.csv")
    assert bob.reason == "objection"
    assert (carol.reason, carol.at) == ("complaint", LONG_AGO)
    assert erased.reason == "erasure"
    assert (erin.reason, erin.at) == ("bounce", bob.at)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "content",
    [
        "email,reason,at\na@example.org,complaint,03/04/2024\n",
        "email,reason,created\na@example.org,complaint,99999999999999\n",
        "email,spam_complaint_at\na@example.org,03/04/2024\n",
        "email,status,at\na@example.org,spam,31.02.2024\n",
    ],
)
def test_a_date_that_can_not_be_read_lets_nobody_get_mail(
    command: Command, db: Database, settings: Settings, content: str
) -> None:
    make_subscriber(db, settings, "a@example.org")
    before = datetime.now(UTC)
    result = command.import_(content)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "1 row: 1 added (1 complaint), 0 already there, 0 refused.\n"
        "The date in line 2 can’t be read, so now stands in for it. Write it like 2024-05-15.\n"
    )
    (row,) = kept(db).values()
    assert row.at >= before
    with db.reading() as session:
        assert audience_size(session) == 0


@pytest.mark.only_on("sqlite")
def test_another_date_of_the_row_stands_in(command: Command, db: Database) -> None:
    result = command.import_("email,at,bounced_at\na@example.org,03/04/2024,2023-02-03\nb@example.org,,\n")
    assert result.stdout == "2 rows: 2 added (1 bounce, 1 objection), 0 already there, 0 refused.\n"
    assert LONG_AGO in {row.at for row in kept(db).values()}


@pytest.mark.only_on("sqlite")
def test_many_dates_that_can_not_be_read_are_counted(command: Command) -> None:
    rows = "".join(f"reader{n}@example.org,{n % 2}\n" for n in range(2_500))
    said = command.import_(f"email,at\nalice@example.org,\n{rows}").stdout.splitlines()[1]
    assert said.startswith("The dates of 2,500 rows can’t be read (the first in line 3), so now stands in for them.")


@pytest.mark.on_both
def test_good_rows_alone_end_well_and_a_second_import_adds_nothing(command: Command) -> None:
    rows = "email\n" + "".join(f"reader{n}@example.org\n" for n in range(2_500))
    first, second = command.import_(rows), command.import_(rows)
    assert (first.exit_code, first.output) == (
        0,
        "2,500 rows: 2,500 added (2,500 objection), 0 already there, 0 refused.\n",
    )
    assert (second.exit_code, second.output) == (0, "2,500 rows: 0 added, 2,500 already there, 0 refused.\n")


@pytest.mark.on_both
def test_a_subscriber_stays_as_they_are_and_gets_no_mail(command: Command, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "alice@example.org")
    make_subscriber(db, settings, "bob@example.org")
    command.import_("email\nalice@example.org\n")
    with db.reading() as session:
        alice = subscriber_with_address(session, "alice@example.org")
        assert alice
        assert alice.state == SubscriberState.CONFIRMED
        assert audience_size(session) == 1


def test_what_was_added_reaches_the_journal_once(command: Command, settings: Settings) -> None:
    for _ in range(2):
        command.import_("email\nalice@example.org\nnonsense\n")
    (line,) = (settings.instance_path / "journal.jsonl").read_text().splitlines()
    said = json.loads(line)
    assert said["what"] == "suppressed"
    assert said["address_hash"] == fingerprint("alice@example.org", settings.suppression_key)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name\nAlice\n", "names no column “email”. Use a header row of email, reason, at."),
        ("", "names no column “email”"),
        (b"email\nzo\x81@example.org\n", "neither UTF-8 nor Windows-1252: line 2"),
        ("email,colour\nalice@example.org,red\n", "“colour” is not known"),
        (b"PK\x03\x04", "This is a ZIP archive"),
        ("email,reason\nalice@example.org," + "x" * 200_000 + "\n", "Line 2"),
    ],
)
def test_a_file_that_can_not_be_read_adds_nothing(
    command: Command, db: Database, content: str | bytes, said: str
) -> None:
    result = command.import_(content)
    assert result.exit_code == 1
    assert said in result.output
    assert kept(db) == {}


def test_the_list_names_hashes_and_nobody(command: Command, settings: Settings) -> None:
    command.import_(
        "email;reason;at\r\nbob@example.org;bounce;2024-01-01\r\nalice@example.org;;2023-02-03\r\n", "=x.csv"
    )
    listed = command("list").stdout
    assert "alice" not in listed
    rows = list(csv.DictReader(io.StringIO(listed, newline="")))
    assert list(rows[0]) == ["hash", "reason", "at", "source"]
    assert [(row["reason"], row["at"]) for row in rows] == [
        ("objection", "2023-02-03T00:00:00+00:00"), ("bounce", "2024-01-01T00:00:00+00:00")
    ]  # fmt: skip
    assert rows[0]["hash"] == fingerprint("alice@example.org", settings.suppression_key)
    assert rows[0]["source"] == "import of =x.csv"


def test_one_address_can_be_asked_about(command: Command) -> None:
    command.import_("email,reason,at\nalice@example.org,bounce,2023-02-03\n")
    asked = command("list", "--check", " ALICE@example.org")
    assert asked.exit_code == 0
    assert asked.stdout == (
        "ALICE@example.org is suppressed: bounce, since Friday 3 February 2023, 00:00 Europe/London "
        "(import of old.csv).\n"
    )
    assert command("list", "--check", "bob@example.org").stdout == "bob@example.org is not suppressed.\n"
    nonsense = command("list", "--check", "nonsense")
    assert nonsense.exit_code == 2
    assert "“nonsense” can’t be an email address" in nonsense.stderr


@pytest.mark.only_on("sqlite")
def test_encoded_word_or_hidden_character_is_refused_row_by_row(command: Command, db: Database) -> None:
    hostile = [word for word in ADDRESSES if "\n" not in word] + ["alice@exa\u00admple.org"]
    result = command.import_("email\n" + "\n".join(["alice@example.org", *hostile]) + "\n")
    assert result.output.count("can’t be an email address") == len(hostile)
    assert len(kept(db)) == 1
