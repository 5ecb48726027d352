"""An operator comes over from a service with its export as it is: an archive, a folder, a file whose name tells."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from digest.config import Settings
from digest.operations.readers import import_batches
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import audience
from digest.storage.suppressions.suppressions import Suppression
from digest.storage.writing.topics import topics_named
from tests.cli.readers.test_files_from_elsewhere import (
    BUTTONDOWN,
    GHOST,
    KEILA,
    LISTMONK,
    MAILCHIMP_SUBSCRIBED,
    SUBSTACK,
)
from tests.cli.readers.test_subscribers import ASKED, Command, all_subscribers
from tests.cli.readers.test_subscribers import command as command
from tests.web.readers.doors import everything

_HEADER = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,LEID,EUID,TAGS\n"
MAILCHIMP: Mapping[str, str] = {
    "audience/subscribed_email_audience_export_1a2b.csv": _HEADER
    + 'alice@example.org,Alice,A,2,2023-01-01 00:00:00,2023-01-02 03:04:05,,1,a,"""VIP"",""AI"""\n'
    + "bob@example.org,Bob,B,2,2023-01-01 00:00:00,2023-01-02 03:04:05,,2,b,\n",
    "audience/unsubscribed_email_audience_export_1a2b.csv": _HEADER + "bob@example.org,Bob,B,2,,,,2,b,\n",
    "audience/cleaned_email_audience_export_1a2b.csv": _HEADER + "carol@example.org,Carol,C,2,,,,3,c,\n",
    "audience/nonsubscribed_email_audience_export_1a2b.csv": _HEADER + "dave@example.org,Dave,D,2,,,,4,d,\n",
}


def zipped(folder: Path, files: Mapping[str, str], name: str = "export.zip") -> str:
    path = folder / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
    return str(path)


def states(db: Database) -> dict[str, str]:
    return {address.partition("@")[0]: reader.state for address, reader in all_subscribers(db).items()}


def test_a_whole_audience_comes_in_its_archive_and_each_file_says_where_its_readers_stand(
    command: Command, db: Database, settings: Settings, tmp_path: Path
) -> None:
    command("export")  # the first command of all looks after the database
    archive, before = zipped(tmp_path, MAILCHIMP), everything(db)
    rehearsed = command("import", archive, "--consent", ASKED, "--dry-run")
    assert rehearsed.exit_code == 0, rehearsed.output
    assert everything(db) == before
    assert not (settings.instance_path / "journal.jsonl").exists()
    done = command("import", archive, "--consent", ASKED)
    assert rehearsed.stdout.partition("\n")[2] == done.stdout
    assert "left out, since it is no table of readers: audience/nonsubscribed_email" in done.stderr
    assert states(db) == {"alice": "confirmed", "bob": "unsubscribed", "carol": "unsubscribed"}
    with db.reading() as session:
        assert [reader.address for reader in session.scalars(audience())] == ["alice@example.org"]
        carol = session.query(Suppression).one()
        assert (carol.reason, carol.source) == (
            "bounce",
            "import of cleaned_email_audience_export_1a2b.csv from Mailchimp",
        )
    after, again = everything(db), command("import", archive, "--consent", ASKED)
    assert "0 added" in again.stdout
    notes = {"audit", "journals_read"}
    assert {name: rows for name, rows in everything(db).items() if name not in notes} == {
        name: rows for name, rows in after.items() if name not in notes
    }
    assert not list((settings.instance_path / "outbox").glob("*"))


def test_a_rehearsal_counts_an_address_once_wherever_it_stands(
    command: Command, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batches, "AT_ONCE", 1)
    said = [("a", "active"), ("b", "bounced"), ("a", "active"), ("b", "active"), ("c", "pending")] * 2
    (path := tmp_path / "readers.csv").write_text(
        "email,status\n" + "".join(f"{name}@example.org,{state}\n" for name, state in said)
    )
    rehearsed = command("import", str(path), "--consent", ASKED, "--dry-run")
    assert states(db) == {}
    done = command("import", str(path), "--consent", ASKED)
    assert "10 rows: 3 added" in done.stdout
    assert rehearsed.stdout == f"Nothing is written. This is what would become of the rows:\n{done.stdout}"


@pytest.mark.parametrize(
    ("content", "at"),
    [
        (GHOST, datetime(2024, 1, 1, tzinfo=UTC)),
        (SUBSTACK, datetime(2024, 1, 1, tzinfo=UTC)),
        (BUTTONDOWN, datetime(2024, 1, 1, tzinfo=UTC)),
        (LISTMONK, datetime(2024, 1, 1, tzinfo=UTC)),
        (KEILA, datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (MAILCHIMP_SUBSCRIBED, datetime(2023, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_when_they_consented_there_and_whence_they_came_is_kept(
    command: Command, db: Database, content: str, at: datetime
) -> None:
    said = command.import_(content).stdout
    found = all_subscribers(db)
    assert found["alice@example.org"].confirmed_at == at
    sender = said.split(":")[0].removeprefix("members.csv, ")
    assert found["alice@example.org"].source == f"import of members.csv from {sender}"
    if pending := found.get("pending@example.org"):
        assert pending.confirmed_at is None


def test_tags_that_are_topics_here_become_their_choice(command: Command, db: Database, tmp_path: Path) -> None:
    with db.writing() as session:
        topics_named(session, ["AI", "Data protection"])
    command("import", zipped(tmp_path, MAILCHIMP), "--consent", ASKED)
    command.import_(GHOST.replace(",vip,", ',"vip, Data Protection",').replace("alice", "erin"))
    command.import_("email,topics,tags\nfrank@example.org,Other,AI\n")
    chosen = {address: reader.topics for address, reader in all_subscribers(db).items() if reader.state == "confirmed"}
    assert chosen == {
        "alice@example.org": "ai",
        "erin@example.org": "data-protection",
        "frank@example.org": "other",
    }


@pytest.mark.parametrize(
    "content",
    [
        "email_address,metadata,type,creation_date,churn_date\nalice@example.org,{},paused,2024-01-01,2024-02-01\n",
        "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type,Subscription source (free)\n"
        "alice@example.org,Alice,,2024-02-01,2024-01-01,,3,Author,notes\n",
    ],
)
def test_who_stopped_paying_reads_on(command: Command, db: Database, content: str) -> None:
    result = command.import_(content)
    assert result.exit_code == 0, result.output
    assert states(db) == {"alice": "confirmed"}
    assert all_subscribers(db)["alice@example.org"].confirmed_at == datetime(2024, 1, 1, tzinfo=UTC)


def test_of_a_whole_export_only_the_table_of_readers_is_taken(command: Command, db: Database, tmp_path: Path) -> None:
    (tmp_path / "export" / "posts").mkdir(parents=True)
    (tmp_path / "export" / "email_list.weekly.csv").write_text(SUBSTACK)
    (tmp_path / "export" / "posts" / "1.members.opens.csv").write_text("post_id,email\n1,opened@example.org\n")
    result = command("import", str(tmp_path / "export"), "--consent", ASKED)
    assert "left out, since it is no table of readers: posts/1.members.opens.csv." in result.stderr
    assert states(db) == {"alice": "confirmed", "bob": "unsubscribed"}
    (tmp_path / "export" / "email_list.weekly.csv").rename(tmp_path / "export" / "posts" / "else.csv")
    refused = command("import", str(tmp_path / "export"), "--consent", ASKED)
    assert refused.exit_code == 1
    assert "is called like one of readers. Nothing was imported." in refused.stderr


def torn(archive: Path) -> None:
    """Some bytes in the middle of its first file are others."""
    content = bytearray(archive.read_bytes())
    content[200:260] = bytes(60)
    archive.write_bytes(content)


def no_directory(archive: Path) -> None:
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"PK\1\2", b"PK\0\0"))


@pytest.mark.parametrize("harm", [torn, no_directory])
def test_a_damaged_archive_is_refused_in_words(
    command: Command, db: Database, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("subscribers.csv", "email\n" + "".join(f"{each**5}@example.org\n" for each in range(999)))
    harm(path)
    result = command("import", str(path), "--consent", ASKED)
    assert (result.exit_code, result.stderr[:26]) == (1, "digest: export.zip: It is ")
    assert "damaged" in result.stderr
    assert "npack it yourself" in result.stderr
    assert states(db) == {}


def test_an_archive_that_would_fill_the_disk_is_not_unpacked(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path, MAILCHIMP)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000))
    result = command("import", archive, "--consent", ASKED)
    assert result.exit_code == 1
    assert "more than half of what is free" in result.stderr


def test_no_link_in_a_folder_brings_in_what_lies_elsewhere(command: Command, db: Database, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("email\nalice@example.org\n")
    (export := tmp_path / "export").mkdir()
    (export / "subscribers.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "There is no CSV file in it." in command("import", str(export), "--consent", ASKED).stderr
    assert states(db) == {}


def test_who_left_by_any_of_several_files_has_left_whatever_the_one_before_says(
    command: Command, db: Database, tmp_path: Path
) -> None:
    keila = "Email,First name,Last name,Data,Status\n{}@example.org,,,{{}},{}\n{}@example.org,,,{{}},{}\n"
    (export := tmp_path / "export").mkdir()
    (export / "contacts_1.csv").write_text(keila.format("alice", "active", "bob", "active"))
    (export / "contacts_2.csv").write_text(keila.format("alice", "unsubscribed", "bob", "unreachable"))
    rehearsed = command("import", str(export), "--consent", ASKED, "--dry-run")
    done = command("import", str(export), "--consent", ASKED)
    assert rehearsed.stdout.partition("\n")[2] == done.stdout
    assert "contacts_1.csv, Keila: 2 rows: 0 added, 1 already there, 1 suppressed" in done.stdout
    assert states(db) == {"alice": "unsubscribed", "bob": "unsubscribed"}
    with db.reading() as session:
        assert session.query(Suppression).one().reason == "bounce"


def test_a_file_of_people_who_never_subscribed_is_refused(command: Command, db: Database) -> None:
    result = command.import_(_HEADER + "dave@example.org,Dave,D,2,,,,4,d,\n", "nonsubscribed_members_export_1.csv")
    assert result.exit_code == 1
    assert "but who never subscribed. Nothing was imported" in result.stderr
    assert states(db) == {}


def test_whose_export_it_is_can_be_said(command: Command, db: Database, tmp_path: Path) -> None:
    (path := tmp_path / "unsubscribed_segment_export.csv").write_text("Email Address\nbob@example.org\n")
    assert command("import", str(path), "--consent", ASKED, "--from", "mailchimp").exit_code == 0
    assert states(db) == {"bob": "unsubscribed"}


def on_list(name: str, status: str, optin: str = "double") -> dict[str, str]:
    return {"name": name, "optin": optin, "subscription_status": status, "subscription_created_at": "2024-01-01",
            "subscription_updated_at": "2024-02-01"}  # fmt: skip


def test_who_left_one_of_listmonks_lists_is_told_by_what_its_api_answers(
    command: Command, db: Database, tmp_path: Path
) -> None:
    lists: dict[str, tuple[str, list[dict[str, str]]]] = {
        "alice": ("enabled", [on_list("Weekly", "confirmed"), on_list("Other", "unsubscribed")]),
        "bob": ("enabled", [on_list("Weekly", "unsubscribed"), on_list("Other", "confirmed")]),
        "carol": ("enabled", [on_list("Weekly", "unconfirmed")]),
        "dave": ("enabled", [on_list("Weekly", "unconfirmed", "single")]),
        "erin": ("blocklisted", [on_list("Weekly", "confirmed")]),
        "frank": ("enabled", [on_list("Other", "confirmed")]),
    }
    (path := tmp_path / "subscribers.json").write_text(
        json.dumps({"data": {"results": [
            {"uuid": name, "email": f"{name}@example.org", "name": name, "status": status, "lists": some}
            for name, (status, some) in lists.items()
        ]}})
    )  # fmt: skip
    refused = command("import", str(path), "--consent", ASKED)
    assert "It has the lists Other, Weekly. Say with --list which of them has your readers." in refused.stderr
    assert "There is no list “weekly” in it" in command("import", str(path), "--consent", ASKED, "--list=weekly").stderr
    done = command("import", str(path), "--consent", ASKED, "--list", "Weekly")
    assert "line 7: subscription_status “not on this list” is not known" in done.stderr
    assert states(db) == {
        "alice": "confirmed", "bob": "unsubscribed", "carol": "pending", "dave": "confirmed", "erin": "unsubscribed",
    }  # fmt: skip
    found = all_subscribers(db)
    assert found["alice@example.org"].confirmed_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert found["bob@example.org"].unsubscribed_at == datetime(2024, 2, 1, tzinfo=UTC)


def test_one_page_of_what_listmonk_has_is_not_taken_for_all(command: Command, db: Database, tmp_path: Path) -> None:
    alice = {"uuid": "a", "email": "alice@example.org", "status": "enabled", "lists": [on_list("Weekly", "confirmed")]}
    (path := tmp_path / "page.json").write_text(json.dumps({"data": {"results": [alice], "total": 2, "per_page": 1}}))
    refused = command("import", str(path), "--consent", ASKED)
    assert "It has 1 of 2 subscribers. Ask with ?per_page=all" in refused.stderr
    assert states(db) == {}
    path.write_text(json.dumps({"data": {"results": [alice], "total": 1, "per_page": 1}}))
    assert command("import", str(path), "--consent", ASKED).exit_code == 0
    assert states(db) == {"alice": "confirmed"}


def test_a_list_is_not_chosen_where_nothing_tells_who_is_on_it(command: Command, db: Database, tmp_path: Path) -> None:
    (path := tmp_path / "subscribers.csv").write_text(LISTMONK)
    for where in (path, tmp_path):
        refused = command("import", str(where), "--consent", ASKED, "--list", "Weekly")
        assert "It does not say who is on which list" in refused.stderr
    assert states(db) == {}
