"""The operator brings readers in, takes them along and erases one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from digest.cli import cli
from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.operations.readers.privacy import erase
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.messages.messages import queue_message
from digest.storage.readers.consents import ConsentRecord, StoredWording
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.suppressions.suppressions import Suppression, SuppressionReason, is_suppressed, suppress
from tests.conftest import TUESDAY
from tests.factories import hold_reader, make_subscriber
from tests.hostile import ADDRESSES

ASKED = "Yes, send me the weekly digest."


class Command:
    """`digest subscribers …` on this test's installation."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["subscribers", *arguments])

    def import_(self, content: str | bytes, name: str = "members.csv", ignore: Sequence[str] = ()) -> Result:
        path = self._folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self("import", str(path), "--consent", ASKED, *(f"--ignore={column}" for column in ignore))


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], settings: Settings, db: Database, tmp_path: Path
) -> Command:
    """The command, in the environment of the test's installation."""
    assert db
    for name, value in {**environ, "INSTANCE_PATH": str(settings.instance_path)}.items():
        monkeypatch.setenv(name, value)
    return Command(tmp_path)


def all_subscribers(db: Database) -> dict[str, Subscriber]:
    with db.reading() as session:
        return {found.address: found for found in session.scalars(select(Subscriber))}


@pytest.mark.on_both
def test_an_import_accounts_for_every_row(command: Command, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "known@example.org")
    make_subscriber(db, settings, "left@example.org", SubscriberState.UNSUBSCRIBED)
    erase(Context(db, settings, datetime(2024, 1, 1, tzinfo=UTC)), "erased@example.org", "test")
    result = command.import_(
        "email,name,state,topics,confirmed_at,unsubscribed_at,source\n"
        "alice@example.org,Alice,,AI; Enforcement,2023-02-03,,conference\n"
        "bob@example.org,Bob,unsubscribed,,2023-01-01T09:00:00+01:00,2023-06-01,\n"
        "ALICE@Example.org,,,,,,\n"
        "known@example.org,,unsubscribed,,,,\n"
        "left@example.org,,confirmed,,,,\n"
        "erased@example.org,,,,,,\n"
        "\n"
        "nonsense,,,,,,\n"
        ",Nobody,,,,,\n"
        "carol@example.org,,asleep,,,,\n"
        "dave@example.org,,,,yesterday,,\n"
        '"eve@example.org\nBcc: x@example.org",,,,,,\n'
        '"frank@example.org","Frank\x07",,,,,\n'
    )
    assert result.exit_code == 1
    counts = "12 rows: 2 added (1 confirmed, 1 unsubscribed), 3 already there, 1 suppressed, 6 refused.\n"
    kept = "Of those already there, 2 have another state in the file than here; they keep the one here.\n"
    assert result.stdout == counts + kept
    for line in ("line 9:", "line 10:", "line 11:", "line 12:", "line 14:", "line 15:"):
        assert line in result.output
    found = all_subscribers(db)
    assert set(found) == {"alice@example.org", "bob@example.org", "known@example.org", "left@example.org"}
    alice, bob = found["alice@example.org"], found["bob@example.org"]
    assert (alice.state, alice.topics, alice.source) == ("confirmed", "ai,enforcement", "conference")
    assert alice.confirmed_at == datetime(2023, 2, 3, tzinfo=UTC)
    assert (bob.state, bob.source) == ("unsubscribed", "import of members.csv")
    assert bob.confirmed_at == datetime(2023, 1, 1, 8, tzinfo=UTC)
    assert bob.unsubscribed_at == datetime(2023, 6, 1, tzinfo=UTC)
    assert found["known@example.org"].state == "confirmed"
    assert found["left@example.org"].state == "unsubscribed"


def test_an_import_keeps_the_consent_it_was_given(command: Command, db: Database) -> None:
    assert command.import_("email\nalice@example.org\n").exit_code == 0
    with db.reading() as session:
        record, wording = session.execute(select(ConsentRecord, StoredWording).join(StoredWording)).one()
    assert (record.step, record.place, record.answer) == ("imported", "import of members.csv", "imported as confirmed")
    assert wording.text == ASKED


@pytest.mark.on_both
def test_a_second_import_adds_nothing(command: Command) -> None:
    rows = "email\n" + "".join(f"reader{n}@example.org\n" for n in range(2_500))
    assert "2,500 rows: 2,500 added (2,500 confirmed), 0 already there" in command.import_(rows).output
    again = command.import_(rows)
    assert again.exit_code == 0
    assert again.output == "2,500 rows: 0 added, 2,500 already there, 0 suppressed, 0 refused.\n"


def test_an_import_tells_the_states_it_added_in_over_all_its_parts(command: Command) -> None:
    states = ["pending"] * 3 + ["Unsubscribed"] + [" confirmed\u00a0"] * 1_200 + [""] * 34
    rows = "email,state\n" + "".join(f"reader{n}@example.org,{state}\n" for n, state in enumerate(states))
    assert command.import_(rows).output == (
        "1,238 rows: 1,238 added (1,234 confirmed, 3 pending, 1 unsubscribed), 0 already there, 0 suppressed, "
        "0 refused.\n"
    )


def test_an_import_tells_of_a_state_that_it_does_not_take_over(command: Command, db: Database) -> None:
    result = command.import_("email,state\nann@example.org,confirmed\nann@example.org,unsubscribed\nann@example.org,\n")
    assert result.exit_code == 0
    assert "3 rows: 1 added (1 unsubscribed), 2 already there" in result.output
    assert "Of those already there, 1 has another state in the file than here; it keeps the one here." in result.output
    assert all_subscribers(db)["ann@example.org"].state == "unsubscribed"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,state\nAlice,\n", "email"),
        ("", "email"),
        ("email,Email\na@example.org,b@example.org\n", "twice"),
        (b"email,name\nalice@example.org,Alice\nzoe@example.org,Zo\x81\n", "UTF-8"),
        ("email,name\nalice@example.org,Alice\nbob@example.org," + "x" * 200_000 + "\n", "Line 3"),
    ],
)
def test_a_file_that_can_not_be_read_adds_nothing(
    command: Command, db: Database, content: str | bytes, said: str
) -> None:
    result = command.import_(content)
    assert result.exit_code == 1
    assert said in result.output
    assert all_subscribers(db) == {}


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffemail;name\r\nalice@example.org;Smith, Alice\r\n",
        "E-mail".replace("-", "") + "\tName\nalice@example.org\tSmith, Alice\n",
        'name,EMAIL \n"Smith, Alice", alice@example.org\n',
    ],
)
def test_spreadsheets_write_csv_in_many_ways(command: Command, db: Database, content: str) -> None:
    assert command.import_(content).exit_code == 0
    assert all_subscribers(db)["alice@example.org"].name == "Smith, Alice"


def test_imported_partings_reach_the_journal(command: Command, settings: Settings) -> None:
    command.import_("email,state\nbob@example.org,unsubscribed\nalice@example.org,\n")
    (line,) = (settings.instance_path / "journal.jsonl").read_text().splitlines()
    assert json.loads(line)["address_hash"] == fingerprint("bob@example.org", settings.suppression_key)


@pytest.mark.on_both
def test_an_export_is_an_import(command: Command, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "alice@example.org", topics="ai,enforcement")
    make_subscriber(db, settings, "bob@example.org", SubscriberState.UNSUBSCRIBED)
    rows = list(csv.DictReader(io.StringIO(command("export").stdout, newline="")))
    assert [row["email"] for row in rows] == ["alice@example.org", "bob@example.org"]
    assert rows[0]["topics"] == "ai;enforcement"
    only = list(csv.DictReader(io.StringIO(command("export", "--state", "unsubscribed").stdout, newline="")))
    assert [row["email"] for row in only] == ["bob@example.org"]
    before = command("export").stdout
    with db.writing() as session:
        for found in session.scalars(select(Subscriber)):
            session.delete(found)
    assert command.import_(before).exit_code == 0
    assert [row.split(",")[:4] for row in command("export").stdout.splitlines()] == [
        row.split(",")[:4] for row in before.splitlines()
    ]


def test_a_pause_is_exported_and_imported_and_a_wrong_one_refused(
    command: Command, db: Database, settings: Settings
) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    for name, moment in (("alice", until), ("bob", None)):
        made = make_subscriber(db, settings, f"{name}@example.org")
        with db.writing() as session:
            found = session.get_one(Subscriber, made.id)
            found.paused_until, found.source = moment, "the form on our site"
    exported = command("export").stdout
    with db.writing() as session:
        for found in session.scalars(select(Subscriber)):
            session.delete(found)
    assert command.import_(exported).exit_code == 0
    assert command("export").stdout == exported
    assert {name: one.paused_until for name, one in all_subscribers(db).items()} == {
        "alice@example.org": until, "bob@example.org": None,
    }  # fmt: skip
    ended, endless = until - timedelta(days=40), until + timedelta(days=400)
    rows = f"email,paused_until\nold@example.org,{ended.isoformat()}\nlong@example.org,{endless.isoformat()}\n"
    answer = command.import_(rows)
    assert "a pause ends within 366 days" in answer.output
    assert all_subscribers(db)["old@example.org"].paused_until is None
    assert "long@example.org" not in all_subscribers(db)


def test_an_erasure_that_waits_is_listed_masked_shown_and_marked_as_done(
    command: Command, db: Database, settings: Settings
) -> None:
    assert "No erasure waits" in command("erasures").output
    with db.writing() as session:
        waiting = queue_message(session, TUESDAY, "erasure", "alice@example.org", ("", "", ""))
        waiting.tries, waiting.detail = 31, "403: access forbidden"
    handle = fingerprint("alice@example.org", settings.suppression_key)[:12]
    listed = command("erasures").output
    assert f"{handle}  a***@example.org  since Tuesday 14 May 2024, 10:00" in listed
    assert "31 tries: 403: access forbidden" in listed
    shown = command("erasures", handle).output
    assert "alice@example.org" in shown
    assert "recipients.erasejob.create" in shown
    assert isinstance(command("erasures", "0" * 12, "--done").exception, Refused)
    assert command("erasures", "--done").exit_code == 2
    assert "Marked as done" in command("erasures", handle, "--done").output
    assert "No erasure waits" in command("erasures").output


def test_who_complained_here_is_out_where_the_export_is_imported(
    command: Command, db: Database, settings: Settings
) -> None:
    alice, bob = (make_subscriber(db, settings, f"{name}@example.org") for name in ("alice", "bob"))
    with db.writing() as session:
        suppress(session, bob.address_hash, SuppressionReason.COMPLAINT, TUESDAY, "its report")
    exported = command("export").stdout
    assert [row["suppressed"] for row in csv.DictReader(io.StringIO(exported, newline=""))] == ["", "complaint"]
    with db.writing() as session:
        for found in (*session.scalars(select(Subscriber)), *session.scalars(select(Suppression))):
            session.delete(found)
    assert "2 added (1 confirmed, 1 unsubscribed)" in command.import_(exported).stdout
    assert all_subscribers(db)[alice.address].state == "confirmed"
    with db.reading() as session:
        assert session.scalars(select(Suppression.reason)).all() == ["complaint"]


@pytest.mark.only_on("sqlite")
def test_an_export_holds_no_formula_and_comes_back_as_it_was(
    command: Command, db: Database, settings: Settings
) -> None:
    names = ["=HYPERLINK(1)", "'=1", "A; =1", "A,'-1", "＠SUM(1)", "O'Hara", "''Quoted", 'A;"=1"']
    readers = [make_subscriber(db, settings, f"-{n}@example.org") for n in range(len(names))]
    with db.writing() as session:
        for reader, name in zip(readers, names, strict=True):
            session.get_one(Subscriber, reader.id).name = name
    exported = command("export").stdout
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(exported, newline=""), delimiter=separator):
            assert not [cell for cell in row if cell.strip(' "')[:1] in tuple("=+-@＝＋－＠")]
    with db.writing() as session:
        for reader in readers:
            session.delete(session.get_one(Subscriber, reader.id))
    command.import_(exported)
    found = all_subscribers(db)
    assert [found[reader.address].name for reader in readers] == names


@pytest.mark.parametrize("words", [("show",), ("show", "--json"), ("erase", "--yes")])
def test_an_address_that_is_none_is_wrong_usage(command: Command, words: tuple[str, ...]) -> None:
    result = command(*words, "nonsense")
    assert result.exit_code == 2
    assert "“nonsense” can’t be an email address" in result.stderr


def test_an_import_needs_the_words_of_the_consent(command: Command, tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("email\nalice@example.org\n")
    result = command("import", str(tmp_path / "members.csv"), "--consent", "  ")
    assert result.exit_code == 2
    assert "'--consent': it is empty: give the words that these readers agreed to." in result.stderr


@pytest.mark.on_both
def test_erase_removes_and_keeps_out(command: Command, db: Database, settings: Settings) -> None:
    command.import_("email\nalice@example.org\n")
    assert command("erase", "ALICE@example.org").exit_code == 0
    assert all_subscribers(db) == {}
    with db.reading() as session:
        assert is_suppressed(session, fingerprint("alice@example.org", settings.suppression_key))
        assert session.scalar(select(func.count()).select_from(ConsentRecord)) == 0
    assert "0 added, 0 already there, 1 suppressed" in command.import_("email\nalice@example.org\n").output
    assert command("erase", "alice@example.org", "--yes").exit_code == 0


@pytest.mark.only_on("sqlite")
def test_encoded_word_or_hidden_character_is_refused_row_by_row(command: Command, db: Database) -> None:
    hostile = [word for word in ADDRESSES if "\n" not in word] + ["alice@exa\u00admple.org", "bob\u202e@example.org"]
    result = command.import_("email\n" + "\n".join(["alice@example.org", *hostile]) + "\n")
    assert result.output.count("can’t be an email address") == len(hostile)
    with db.reading() as session:
        assert list(session.scalars(select(Subscriber.address))) == ["alice@example.org"]


def test_reader_whom_an_older_version_took_in_can_be_shown_and_erased(
    command: Command, db: Database, settings: Settings
) -> None:
    hold_reader(db, settings, ADDRESSES[0].lower())
    assert json.loads(command("show", ADDRESSES[0], "--json").output)["state"] == "confirmed"
    assert command("erase", ADDRESSES[0], "--yes").exit_code == 0
    with db.reading() as session:
        assert session.scalar(select(func.count(Subscriber.id))) == 0
