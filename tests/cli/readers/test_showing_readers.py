"""The operator looks at one reader: everything that we hold about them, and where each of their copies is."""

from __future__ import annotations

import json
from datetime import date

import pytest
import time_machine

from digest.config import Settings
from digest.domain.shared.tokens import fingerprint
from digest.operations.issues.closing import close_issue
from digest.operations.readers.privacy import erase
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.sending.batches import Attempt, Batch
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.cli.readers.test_subscribers import ASKED, Command
from tests.cli.readers.test_subscribers import command as command
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_subscriber, make_summary


def test_show_says_everything(command: Command) -> None:
    command.import_("email,topics,confirmed_at\nalice@example.org,AI,2023-02-03\n")
    shown = json.loads(command("show", " Alice@example.org", "--json").stdout)
    assert list(shown) == [
        "email", "state", "topics", "confirmed_at", "unsubscribed_at", "paused_until", "suppressed",
        "suppression", "name", "source", "created_at", "address", "address_hash", "link_key", "consent", "signups",
        "links", "messages", "mail_counted", "events", "issues",
    ]  # fmt: skip
    assert shown["issues"] == []
    assert shown["topics"] == ["ai"]
    assert shown["confirmed_at"] == "2023-02-03T00:00:00+00:00"
    assert shown["unsubscribed_at"] is None
    assert shown["consent"][0]["wording"] == ASKED
    assert ASKED in command("show", "alice@example.org").stdout


def test_show_says_who_it_is_where_they_came_from_and_whether_they_get_mail(
    command: Command, db: Database, settings: Settings
) -> None:
    with time_machine.travel(TUESDAY, tick=False):
        command.import_("email,name,source\nalice@example.org,Alice Ash,conference\nbob@example.org,,\n")
    with db.writing() as session:
        suppress(
            session, fingerprint("bob@example.org", settings.suppression_key), SuppressionReason.BOUNCE, TUESDAY, ""
        )
    alice, bob = (json.loads(command("show", f"{who}@example.org", "--json").stdout) for who in ("alice", "bob"))
    asked = ("name", "source", "created_at", "suppressed")
    assert [alice[key] for key in asked] == ["Alice Ash", "conference", TUESDAY.isoformat(), False]
    assert [bob[key] for key in asked] == ["", "import of members.csv", TUESDAY.isoformat(), True]


def test_show_says_moments_as_people_read_them(command: Command) -> None:
    with time_machine.travel(TUESDAY, tick=False):
        command.import_("email,state,confirmed_at,unsubscribed_at\na@example.org,unsubscribed,2023-02-03,2023-06-01\n")
    said = command("show", "a@example.org").stdout
    assert "came by: import of members.csv, Tuesday 14 May 2024, 10:00 Europe/London\n" in said
    assert "confirmed: Friday 3 February 2023, 00:00 Europe/London\n" in said
    assert "unsubscribed: Thursday 1 June 2023, 01:00 Europe/London\n" in said
    assert "  Tuesday 14 May 2024, 10:00 Europe/London: imported as unsubscribed, import of members.csv\n" in said


def test_show_tells_each_copy_in_sendgrids_words(command: Command, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "alice@example.org")
    first, second = (freeze_issue(db, settings, day) for day in (date(2024, 5, 17), date(2024, 5, 22)))
    with db.writing() as session:
        accepted, held = (session.query(Batch).filter_by(issue_id=issue).one() for issue in (first, second))
        accepted.state, held.state, held.because = "accepted", "held", "no complete answer from SendGrid"
        started = {"owner": "test", "lease_until": 0.0, "started_at": TUESDAY}
        session.add(Attempt(id="a" * 32, batch_id=accepted.id, outcome="retry", message_id="", **started))
        session.add(Attempt(id="b" * 32, batch_id=accepted.id, outcome="accepted", message_id="m-1", **started))
        session.add(Attempt(id="c" * 32, batch_id=held.id, outcome="unknown", message_id="", **started))
        copy = session.query(Delivery).filter_by(issue_id=first).one()
        copy.fate, copy.fate_at, copy.fate_reason, copy.again_at = "bounced", TUESDAY, "550 5.1.1 No such user", TUESDAY
    assert json.loads(command("show", "alice@example.org", "--json").stdout)["issues"] == [
        {
            "issue": "2024-05-22", "delivery": 2, "address": "alice@example.org", "outcome": "held",
            "reason": "no complete answer from SendGrid",
            "message_id": "", "fate": None, "fate_reason": "", "fate_at": None, "sent_again_at": None,
            "sent_again_state": None,
        },
        {
            "issue": "2024-05-17", "delivery": 1, "address": "alice@example.org", "outcome": "accepted",
            "reason": "", "message_id": "m-1",
            "fate": "bounced", "fate_reason": "550 5.1.1 No such user", "fate_at": TUESDAY.isoformat(),
            "sent_again_at": TUESDAY.isoformat(), "sent_again_state": None,
        },
    ]  # fmt: skip
    said = command("show", "alice@example.org").stdout
    assert "2024-05-22 delivery 2: held; because no complete answer from SendGrid\n" in said
    assert (
        "2024-05-17 delivery 1: accepted; SendGrid’s message m-1; then bounced (550 5.1.1 No such user), "
        "Tuesday 14 May 2024, 10:00 Europe/London; sent again Tuesday 14 May 2024, 10:00 Europe/London\n"
    ) in said


def test_show_tells_a_copys_own_outcome_before_its_batchs(command: Command, db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "alice@example.org")
    make_subscriber(db, settings, "bob@example.org")
    issue_id = freeze_issue(db, settings, date(2024, 5, 17))
    with db.writing() as session:
        batch = session.query(Batch).filter_by(issue_id=issue_id).one()
        batch.state = "accepted"
        session.add(
            Attempt(
                id="a" * 32, batch_id=batch.id, outcome="accepted", message_id="m-1", owner="test", lease_until=0.0,
                started_at=TUESDAY,
            )
        )  # fmt: skip
        copy = session.query(Delivery).filter_by(address="alice@example.org").one()
        copy.outcome, copy.reason = "skipped", "unsubscribed before it was sent"
    (alice,) = json.loads(command("show", "alice@example.org", "--json").stdout)["issues"]
    (bob,) = json.loads(command("show", "bob@example.org", "--json").stdout)["issues"]
    said = [(copy["outcome"], copy["reason"], copy["message_id"]) for copy in (alice, bob)]
    assert said == [("skipped", "unsubscribed before it was sent", ""), ("accepted", "", "m-1")]


@pytest.mark.on_both
def test_erasing_takes_what_a_mail_server_said_of_the_address(db: Database, settings: Settings) -> None:
    make_subscriber(db, settings, "alice@example.org")
    freeze_issue(db, settings, date(2024, 5, 17))
    with db.writing() as session:
        copy = session.query(Delivery).one()
        copy.fate, copy.fate_reason = "bounced", "550 5.1.1 <ALICE@example.org> is unknown here"
    erase(Context(db, settings, TUESDAY), "alice@example.org", "test")
    with db.reading() as session:
        left = session.query(Delivery).one()
    assert (left.fate, left.fate_reason, left.address, left.subscriber_id) == ("bounced", None, None, None)


def freeze_issue(db: Database, settings: Settings, day: date) -> int:
    issue_id = make_issue(db, day, [make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, "test")
    assert freeze(Context(db, settings, TUESDAY), issue_id, "test") is Freeze.FROZEN
    return issue_id


def test_show_of_a_stranger_fails(command: Command) -> None:
    result = command("show", "nobody@example.org", "--json")
    assert isinstance(result.exception, Refused)
    assert str(result.exception).startswith("There is no subscriber nobody@example.org. `digest subscribers export`")
