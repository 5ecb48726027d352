"""The desk's acts for readers and for suppressions, by command; and an import that is only tried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.config import Settings
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import SubscriberState, count_by_state
from digest.storage.suppressions.suppressions import SuppressionReason, is_suppressed, suppress
from tests.conftest import TUESDAY, Mailbox
from tests.factories import make_subscriber
from tests.web.readers.test_welcome import send_both


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], settings: Settings, db: Database) -> None:
    assert db
    for name, value in {**environ, "INSTANCE_PATH": str(settings.instance_path)}.items():
        monkeypatch.setenv(name, value)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def refusal(result: Result) -> str:
    """What the command refuses with exit status 4, in words."""
    assert isinstance(result.exception, Refused)
    return str(result.exception)


def test_readers_are_added_corrected_listed_and_let_go(mailbox: Mailbox) -> None:
    assert run("subscribers", "add", "Ruiz@exmaple.org", "--consent", "Ms Ruiz, by phone, 13 May: yes").exit_code == 0
    assert run("subscribers", "correct", "ruiz@exmaple.org", "ruiz@example.org").exit_code == 0
    assert mailbox.to("ruiz@example.org")
    assert "Ms Ruiz, by phone" in run("subscribers", "show", "ruiz@example.org").output
    run("subscribers", "add", "zoe@example.org", "--consent", "Zoe, by letter")
    found = run("subscribers", "list", "--search", "RU", "--json")
    listed = json.loads(found.output)
    assert [(each["email"], each["state"]) for each in listed] == [("ruiz@example.org", "confirmed")]
    assert run("subscribers", "unsubscribe", "ruiz@example.org").exit_code == 0
    assert run("subscribers", "list", "--state", "unsubscribed").output.startswith("ruiz@example.org  unsubscribed")
    assert json.loads(run("subscribers", "list", "--state", "pending", "--json").output) == []
    refused = run("subscribers", "add", "ruiz@example.org", "--consent", "again")
    assert "Only they can come back" in refusal(refused)
    assert "There is no subscriber" in refusal(run("subscribers", "unsubscribe", "nobody@example.org"))


def test_a_list_imported_once_more_does_not_bring_a_corrected_address_back(mailbox: Mailbox, tmp_path: Path) -> None:
    (file := tmp_path / "readers.csv").write_text("email\nruiz@exmaple.org\n")
    assert run("subscribers", "import", str(file), "--consent", "yes").exit_code == 0
    assert run("subscribers", "correct", "ruiz@exmaple.org", "ruiz@example.org").exit_code == 0
    assert mailbox.to("ruiz@exmaple.org"), "told all the same"
    assert (
        "0 added, 0 already there, 1 suppressed" in run("subscribers", "import", str(file), "--consent", "yes").output
    )
    assert run("subscribers", "correct", "ruiz@example.org", "ruiz@exmaple.org").exit_code == 0, (
        "it was right after all"
    )
    assert "1 already there, 0 suppressed" in run("subscribers", "import", str(file), "--consent", "yes").output


def test_a_list_says_that_a_topic_is_unknown_and_that_nobody_matches() -> None:
    unknown = run("subscribers", "list", "--topic", "nonsense")
    assert (unknown.exit_code, "There is no topic “nonsense”" in unknown.stderr) == (2, True)
    nobody = run("subscribers", "list", "--search", "nobody")
    assert (nobody.exit_code, nobody.stdout, nobody.stderr) == (0, "", "No reader matches.\n")


def test_who_has_not_confirmed_is_asked_again(db: Database, settings: Settings, mailbox: Mailbox) -> None:
    make_subscriber(db, settings, "ruiz@example.org", SubscriberState.PENDING)
    assert run("subscribers", "resend", "ruiz@example.org").exit_code == 0
    assert "one an hour" in refusal(run("subscribers", "resend", "ruiz@example.org"))
    assert len(mailbox.to("ruiz@example.org")) == 1


def test_an_import_that_is_tried_writes_nothing(db: Database, tmp_path: Path) -> None:
    file = tmp_path / "readers.csv"
    file.write_text("email\na@example.org\nno address\nA@example.org\n")
    tried = run("subscribers", "import", str(file), "--consent", "yes", "--dry-run")
    done = "3 rows: 1 added (1 confirmed), 1 already there, 0 suppressed, 1 refused."
    assert tried.exit_code == 1
    assert "Nothing is written" in tried.output and done in tried.output and "line 3: " in tried.output
    with db.reading() as session:
        assert sum(count_by_state(session).values()) == 0
    assert done in run("subscribers", "import", str(file), "--consent", "yes").output


def test_suppressions_are_shown_and_lifted(db: Database, settings: Settings) -> None:
    reader = make_subscriber(db, settings, "rita@example.org")
    with db.writing() as session:
        suppress(session, reader.address_hash, SuppressionReason.OBJECTION, TUESDAY, "a letter")
    shown = json.loads(run("suppressions", "show", "rita@example.org", "--json").output)
    assert (shown["suppressed"]["reason"], shown["suppressed"]["source"]) == ("objection", "a letter")
    assert "is suppressed: objection" in run("suppressions", "show", "rita@example.org").output
    lift = ("suppressions", "lift", "rita@example.org", "--reason", "Her letter")
    refused = refusal(run(*lift))
    assert "asked in writing" in refused and "add --asked-again" in refused
    assert run(*lift, "--asked-again").exit_code == 0
    with db.reading() as session:
        assert not is_suppressed(session, reader.address_hash)
    assert json.loads(run("suppressions", "show", "rita@example.org", "--json").output)["suppressed"] is None


def test_who_is_added_is_welcomed_if_that_is_said(db: Database, settings: Settings, mailbox: Mailbox) -> None:
    send_both(db, settings)
    assert "on its way" not in run("subscribers", "add", "silent@example.org", "--consent", "by letter").output
    welcomed = run("subscribers", "add", "ruiz@example.org", "--consent", "by letter", "--welcome")
    assert "The latest issue is on its way to them." in welcomed.output
    assert len(mailbox.to("ruiz@example.org")) == 1
    assert mailbox.to("silent@example.org") == []
