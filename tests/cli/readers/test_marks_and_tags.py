"""The operator brings files in which ticks, crosses, zeros or tags say who left: nobody is mailed who did."""

from __future__ import annotations

import pytest

from digest.storage.base.database import Database
from digest.storage.readers.subscribers import audience
from digest.storage.suppressions.suppressions import Suppression
from tests.cli.readers.test_subscribers import Command, all_subscribers
from tests.cli.readers.test_subscribers import command as command

pytestmark = pytest.mark.only_on("sqlite")


def states(command: Command, db: Database, column: str, cells: list[str]) -> dict[str, str]:
    """What becomes of a reader for each of the cells: a state, or `refused`."""
    quoted = [cell.replace('"', '""') for cell in cells]
    rows = "".join(f'r{number}@example.org,"{cell}"\n' for number, cell in enumerate(quoted))
    command.import_(f"email,{column}\n{rows}")
    found = all_subscribers(db)
    return {
        cell: found[address].state if (address := f"r{number}@example.org") in found else "refused"
        for number, cell in enumerate(cells)
    }


YES = ["✓", "✔", "✔️", "☑", "✅", "x", "X", "1.0", "1,0", "1"]
NO = ["✗", "✘", "❌", "☐", "0.0", "000", "0,0", "0", "00", "０"]
NOTHING = ["-", "—", "NULL", "none", "never", r"\N", "#N/A", "0000-00-00", "00/00/0000 00:00:00", ""]
UNSURE = ["**", "!", "☒", "✖", "?", ".", "-1", "−1", "✓✗", "!active", "-yes", "✗ active", "yes?", "[ ]"]


@pytest.mark.parametrize("column", ["unsubscribed", "bounced", "deleted_at", "spam"])
def test_a_mark_in_a_column_of_leaving_is_never_nothing(command: Command, db: Database, column: str) -> None:
    assert states(command, db, column, [*YES, *NO, *NOTHING, *UNSURE, "00:00", "17"]) == (
        dict.fromkeys([*YES, "00:00", "17"], "unsubscribed")
        | dict.fromkeys([*NO, *NOTHING], "confirmed")
        | dict.fromkeys(UNSURE, "refused")
    )


@pytest.mark.parametrize("column", ["active", "enabled", "subscribed"])
def test_only_a_yes_is_a_yes_in_a_column_of_staying(command: Command, db: Database, column: str) -> None:
    unsure = [*NOTHING, *UNSURE, "00:00", "17"]
    assert states(command, db, column, [*YES, *NO, *unsure]) == (
        dict.fromkeys(YES, "confirmed") | dict.fromkeys(NO, "unsubscribed") | dict.fromkeys(unsure, "refused")
    )


def test_who_confirmed_is_told_by_a_tick_and_who_did_not_by_a_cross(command: Command, db: Database) -> None:
    assert states(command, db, "confirmed", ["✓", "❌", "0.0", "!", "-1"]) == {
        "✓": "confirmed", "❌": "pending", "0.0": "pending", "!": "refused", "-1": "refused",
    }  # fmt: skip


def test_a_mark_is_no_state_and_no_date(command: Command, db: Database) -> None:
    marks = ["✓", "**", "!active", "✗ subscribed"]
    assert set(states(command, db, "status", marks).values()) == {"refused"}
    assert states(command, db, "status", ["Unsubscribed!"]) == {"Unsubscribed!": "unsubscribed"}


LEFT_BY_TAG = [
    "Do not contact", "cleaned", "left", "spam", "blocked", "blocklisted", "abgemeldet", "unsubscribe", "hard-bounces",
    "bounced: hard", "vip / unsubscribed", "vip|Opted out", "(unsubscribed)", "status:unsubscribed", "news - désabonné",
    '[{"name":"news","status":"unsubscribed"}]', '{"spam": true}', '{"news":{"subscribed":false}}',
    "['vip', 'bounced']", '{"unsubscribed":"2024-01-01T00:00:00"}', "unsubscribed:",
    "unsubscribed 2024-05", "2023 spam", "vip，bounced", "vip · bounced",
]  # fmt: skip
STAYED_BY_TAG = [
    "left-wing politics", "spam filters", "blocked drains", "vip", "[]", "hard rock, soft skills", "bounced: no",
    '{"spam":null}', '[{"name":"news","status":"subscribed"}]', "✓", "active", "Block 7",
]  # fmt: skip


@pytest.mark.parametrize("column", ["tags", "lists"])
def test_a_tag_that_is_a_word_of_leaving_says_that_they_left(command: Command, db: Database, column: str) -> None:
    assert states(command, db, column, [*LEFT_BY_TAG, *STAYED_BY_TAG]) == (
        dict.fromkeys(LEFT_BY_TAG, "unsubscribed") | dict.fromkeys(STAYED_BY_TAG, "confirmed")
    )


@pytest.mark.parametrize(
    ("column", "cell", "ban"),
    [
        ("churn_date", "2024-02-01", None),
        ("UNSUB_CAMPAIGN_TITLE", "May", None),
        ("UNSUB_CAMPAIGN_ID", "x1", None),
        ("UNSUB_REASON", "!", None),
        ("CLEAN_CAMPAIGN_TITLE", "May", "bounce"),
        ("CLEAN_CAMPAIGN_ID", "x1", "bounce"),
        ("List name", "Cleaned", "bounce"),
    ],
)
def test_what_only_those_have_who_left_says_that_they_left(
    command: Command, db: Database, column: str, cell: str, ban: str | None
) -> None:
    result = command.import_(f"email,{column}\nalice@example.org,\nbob@example.org,{cell}\n")
    assert result.exit_code == 0, result.output
    with db.reading() as session:
        assert [reader.address for reader in session.scalars(audience())] == ["alice@example.org"]
        assert [kept.reason for kept in session.query(Suppression)] == ([ban] if ban else [])
