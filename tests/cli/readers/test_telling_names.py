"""Files whose name says that their people left, bounced or never confirmed, and whose rows do not."""

from __future__ import annotations

from pathlib import Path

from digest.storage.base.database import Database
from tests.cli.readers.test_coming_over import states, zipped
from tests.cli.readers.test_subscribers import ASKED, Command
from tests.cli.readers.test_subscribers import command as command

TELLING = (
    "unsubscribed.csv", "Unsubscribed contacts (1).csv", "unsubscribes.csv", "cleaned_members_export_1a2b.csv",
    "suppressed.csv", "suppression-list.csv", "bounced.csv", "hard_bounces_2024.csv", "BouncedReaders.csv",
    "spam_reports.csv", "global opt out.csv", "do-not-email.csv", "unconfirmed.csv", "pending.csv", "left.csv",
    "nonsubscribed_members_export_1.csv", "abgemeldete.csv", "désinscrits.csv",
)  # fmt: skip


def test_no_file_whose_name_says_that_they_left_makes_readers_of_bare_addresses(command: Command, db: Database) -> None:
    for name in TELLING:
        refused = command.import_("Email Address,Name,Tags\nbob@example.org,Bob,\n", name)
        assert (refused.exit_code, refused.stderr.count("Nothing was imported")) == (1, 1), name
        assert "line 2 does not say where its reader stands" in refused.stderr, name
        assert states(db) == {}, name
    partly = command.import_("email,state\nalice@example.org,unsubscribed\nbob@example.org,\n", "unsubscribed.csv")
    assert "line 3 does not say" in partly.stderr
    for name in ("subscribed.csv", "members.csv", "cleantech-readers.csv", "confirmed_2024.csv"):
        assert command.import_("email\nalice@example.org\n", name).exit_code == 0, name


def test_a_file_whose_name_says_so_comes_in_where_its_rows_or_its_sender_do(
    command: Command, db: Database, tmp_path: Path
) -> None:
    said = "email,state,unsubscribed_at\nalice@example.org,active,\nbob@example.org,,2024-01-01\n"
    assert command.import_(said, "unsubscribed or not.csv").exit_code == 0
    (path := tmp_path / "Cleaned.csv").write_text("Email Address\ncarol@example.org\n")
    assert command("import", str(path), "--consent", ASKED, "--from", "keila").exit_code == 1
    assert command("import", str(path), "--consent", ASKED, "--from", "mailchimp").exit_code == 0
    assert states(db) == {"alice": "confirmed", "bob": "unsubscribed", "carol": "unsubscribed"}


def test_a_table_of_those_who_left_that_lies_beside_the_readers_is_not_passed_over(
    command: Command, db: Database, tmp_path: Path
) -> None:
    for name in ("bounced.csv", "unsubscribed.csv"):
        archive = zipped(tmp_path, {"subscribers.csv": "email\nbob@example.org\n", name: "email\nbob@example.org\n"})
        refused = command("import", archive, "--consent", ASKED)
        assert refused.exit_code == 1
        assert "Nothing was imported" in refused.stderr
        assert states(db) == {}
