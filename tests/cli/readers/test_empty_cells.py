"""The operator brings files in which some cells are empty: nobody is taken for a reader because of that."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.suppressions.suppressions import Suppression
from tests.cli.readers.test_subscribers import Command, all_subscribers
from tests.cli.readers.test_subscribers import command as command
from tests.cli.suppressions.test_suppressions import Command as Suppressions

pytestmark = pytest.mark.only_on("sqlite")


@pytest.mark.parametrize(
    ("header", "yes", "nothing"),
    [
        ("newsletter", "x", ""),
        ("opt_in", "1", "NULL"),
        ("opt_in", "1", "-"),
        ("Subscribed", "2023-01-02 03:04:05", "0000-00-00 00:00:00"),
        ("status,accepts_marketing", "subscribed,yes", "subscribed,"),
        ("status,is_active", "subscribed,yes", "subscribed"),
        ("status", "subscribed", "none"),
    ],
)
def test_an_empty_cell_is_no_yes(command: Command, db: Database, header: str, yes: str, nothing: str) -> None:
    result = command.import_(f"email,{header}\nalice@example.org,{yes}\nbob@example.org,{nothing}\n")
    assert result.exit_code == 1
    column = header.rpartition(",")[2]
    said = "status “none” is not known: use" if nothing == "none" else f"{column} is empty: write yes or no, or leave"
    assert result.stderr.startswith(f"line 3: {said}")
    assert {address: reader.state for address, reader in all_subscribers(db).items()} == {
        "alice@example.org": "confirmed"
    }
    assert command.import_(f"email,{header}\nbob@example.org,{nothing}\n", ignore=[column]).exit_code == 0


@pytest.mark.parametrize(
    ("header", "yes", "nothing"),
    [
        ("confirmed", "yes", ""),
        ("verified", "2023-01-02", "null"),
        ("Double opt-in", "1", "never"),
        ("double_opt_in_at", "2023-01-02", ""),
        ("status,confirmed", "active,yes", "active,"),
    ],
)
def test_who_is_not_said_to_have_confirmed_is_pending(
    command: Command, db: Database, header: str, yes: str, nothing: str
) -> None:
    result = command.import_(f"email,{header}\nalice@example.org,{yes}\nbob@example.org,{nothing}\n")
    assert "2 added (1 confirmed, 1 pending)" in result.stdout
    assert all_subscribers(db)["bob@example.org"].state == "pending"


@pytest.mark.parametrize(
    "content",
    [
        "email,Status,Double opt-in at\nalice@example.org,active,\n",
        "email,OPTIN_TIME,CONFIRM_TIME\nalice@example.org,,\n",
        "email,state,confirmed_at,unsubscribed_at\nalice@example.org,,,\n",
        "email,email_disabled,deleted_at\nalice@example.org,,\n",
        "email,unconfirmed\nalice@example.org,\n",
    ],
)
def test_an_empty_cell_is_no_no_either(command: Command, db: Database, content: str) -> None:
    assert command.import_(content).exit_code == 0
    assert all_subscribers(db)["alice@example.org"].state == "confirmed"


@pytest.mark.usefixtures("command")
def test_a_suppression_needs_no_yes(db: Database, settings: Settings) -> None:
    content = "email,newsletter,confirmed\na@example.org,,\nb@example.org,no,NULL\n"
    assert "2 added (2 objection)" in Suppressions(settings.instance_path.parent).import_(content).stdout
    with db.reading() as session:
        assert session.query(Suppression).count() == 2
