"""The operator brings a file of several lists: what its rows say counts wherever they stand."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.readers.subscribers import SubscriberState
from digest.storage.suppressions.suppressions import Suppression
from tests.cli.readers.test_subscribers import Command, all_subscribers
from tests.cli.readers.test_subscribers import command as command
from tests.factories import make_subscriber

pytestmark = pytest.mark.only_on("sqlite")


def test_leaving_wins_a_thousand_rows_later(command: Command, db: Database) -> None:
    rows = "".join(f"reader{n}@example.org,subscribed\n" for n in range(1_100))
    command.import_(f"email,status\n{rows}reader0@example.org,unsubscribed\n")
    assert all_subscribers(db)["reader0@example.org"].state == "unsubscribed"
    assert all_subscribers(db)["reader1@example.org"].state == "confirmed"


@pytest.mark.parametrize("words", [("unsubscribed", "bounced"), ("bounced", "unsubscribed")])
@pytest.mark.parametrize("between", [0, 1_100])
def test_a_bounce_suppresses_wherever_it_stands(
    command: Command, db: Database, words: tuple[str, str], between: int
) -> None:
    rows = "".join(f"reader{n}@example.org,unsubscribed\n" for n in range(between))
    result = command.import_(f"email,status\nzoe@example.org,{words[0]}\n{rows}zoe@example.org,{words[1]}\n")
    assert result.stdout.endswith("\n1 address is suppressed, too (1 bounce).\n")
    assert all_subscribers(db)["zoe@example.org"].state == "unsubscribed"
    with db.reading() as session:
        suppressed = [row.address_hash for row in session.query(Suppression)]
    assert suppressed == [all_subscribers(db)["zoe@example.org"].address_hash]


@pytest.mark.parametrize("state", [SubscriberState.PENDING, SubscriberState.UNSUBSCRIBED, SubscriberState.CONFIRMED])
def test_only_who_confirmed_here_outweighs_a_bounce_there(
    command: Command, db: Database, settings: Settings, state: SubscriberState
) -> None:
    make_subscriber(db, settings, "zoe@example.org", state)
    command.import_("email,status\nzoe@example.org,bounced\n")
    assert all_subscribers(db)["zoe@example.org"].state == state
    with db.reading() as session:
        assert session.query(Suppression).count() == (state != SubscriberState.CONFIRMED)


def test_refusals_are_told_in_the_order_of_the_file(command: Command, db: Database) -> None:
    rows = "".join(f"reader{n}@example.org,subscribed\n" for n in range(1_100))
    result = command.import_(
        f"email,status\nnobody,subscribed\nnobody,unsubscribed\nbob@example.org,asleep\n{rows}nobody,bounced\n"
        "carol@example.org,unsubscribed\nnobody,active\n"
    )
    lines = [line.partition(":")[0] for line in result.stderr.splitlines()]
    assert lines == ["line 2", "line 3", "line 4", "line 1105", "line 1107"]
    assert result.stdout.startswith("1,106 rows: 1,101 added (1,100 confirmed, 1 unsubscribed), 0 already there")
    assert "5 refused" in result.stdout
    assert all_subscribers(db)["carol@example.org"].state == "unsubscribed"
