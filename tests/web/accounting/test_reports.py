"""The account on the desk, and its file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter

import pytest

from digest.config import Settings
from digest.operations.accounting.account_files import account_as_csv
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import leave
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sending.batches import Attempt, Batch, BatchState
from digest.storage.sending.deliveries import Delivery, DeliveryStatus
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY
from tests.factories import make_readers, make_subscriber
from tests.unsettled import account, batches, freeze_issue, send
from tests.web.browser import Browser, one, page, words

REPORT = "/desk/reports/2024-05-17"


@pytest.mark.on_both
def test_report_adds_up_and_lists_held_batches_first(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    answer = alice.open(REPORT)
    assert "40 readers = 10 accepted + 0 failed + 0 skipped + 0 unknown + 30 held + 0 waiting" in words(answer)
    assert re.search(r"30 copies are held since .+ Europe/London and wait for a person", words(answer))
    states = [one(row, ".pill").get_text(strip=True) for row in page(answer).select("#batches + .panel tbody tr")]
    assert states == ["Held", "Held", "Held", "Accepted"]
    decide = [str(link["href"]) for link in page(answer).select("td.is-actions a")]
    assert decide == [f"{REPORT}/batches/{batch_id}" for batch_id in batches(db, BatchState.HELD)]


def test_a_batch_that_was_never_tried_says_what_happened_instead(
    db: Database, settings: Settings, alice: Browser, frozen: int
) -> None:
    with db.reading() as session:
        copies = session.query(Delivery).order_by(Delivery.id).all()
        readers = [session.get_one(Subscriber, copy.subscriber_id) for copy in copies[:12]]
    for reader in (*readers[:7], readers[10]):
        leave(Context(db, settings, TUESDAY), reader.link_key, leaving(settings), "a test")
    with db.writing() as session:
        for reader in readers[7:10]:
            suppress(session, reader.address_hash, SuppressionReason.BOUNCE, TUESDAY, "a test")
    send(db, settings, frozen)
    assert account(db, frozen) == {"accepted": 29, "skipped": 11}
    rows = [
        " ".join(row.get_text(" ").split()) for row in page(alice.open(REPORT)).select("#batches + .panel tbody tr")
    ]
    assert rows[0] == (
        "1 Skipped 10 10 skipped 7 copies skipped: unsubscribed before it was sent 3 copies skipped: suppressed before "
        "it was sent No attempt was made"
    )
    assert rows[1].startswith("2 Accepted 10 1 skipped 1 copy skipped: unsubscribed before it was sent 1 attempt")
    assert "No attempt" not in " ".join(rows[1:])


def test_a_batch_that_waits_says_that_no_attempt_was_made_yet(alice: Browser, frozen: int) -> None:  # noqa: ARG001
    rows = page(alice.open(REPORT)).select("#batches + .panel tbody tr")
    assert [" ".join(row.get_text(" ").split()) for row in rows] == [
        f"{n} Pending 10 No attempt yet" for n in range(1, 5)
    ]


def test_every_date_of_the_report_has_its_year(alice: Browser, held: int) -> None:  # noqa: ARG001
    times = [found.get_text(strip=True) for found in page(alice.open(REPORT)).select("main time")]
    assert times
    assert [shown for shown in times if not re.fullmatch(r"\d{1,2} \w{3,9} 20\d\d, \d\d:\d\d", shown)] == []
    assert "Times on this page are in Europe/London" in words(alice.open(REPORT))


def test_the_list_uses_the_words_of_the_report(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    with db.writing() as session:
        session.query(Batch).filter_by(state="held").order_by(Batch.id).limit(1).one().state = "unknown"
    row = next(row for row in page(alice.open("/desk/reports")).select("tbody tr") if "17 May 2024" in row.get_text())
    cells = {str(cell["data-label"]): cell.get_text(strip=True) for cell in row.select("td[data-label]")}
    counted = {
        "Readers": "40",
        "Accepted": "10",
        "Failed": "0",
        "Skipped": "0",
        "Unknown": "10",
        "Held": "20",
        "Waiting": "0",
    }
    assert {label: cells[label] for label in counted} == counted
    named = [found.get_text(strip=True) for found in page(alice.open("/desk/reports")).select("th")]
    figures = [found.get_text(strip=True) for found in page(alice.open(REPORT)).select("#report-live dt")]
    assert named[2:] == figures == list(counted)


def test_the_difference_says_what_it_is(db: Database, alice: Browser, held: int) -> None:
    assert "Difference: 0, so every reader’s copy is in one of these." in words(alice.open(REPORT))
    with db.writing() as session:
        session.get_one(Issue, held).audience = 43
    told = words(alice.open(REPORT))
    assert "Difference: 3, which is how many copies can’t be found." in told
    assert "The account does not add up" in told


def test_report_shows_each_attempt_with_sendgrids_words(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    text = words(alice.open(REPORT))
    with db.reading() as session:
        message_ids = [attempt.message_id for attempt in session.query(Attempt) if attempt.message_id]
    assert "Unknown , status 503" in text
    assert "SendGrid answered 503: Something went wrong" in text
    assert "Taken , status 202" in text
    assert [key for key in message_ids if f"Message id {key}" in text] == message_ids


@pytest.mark.on_both
def test_report_counts_what_sendgrid_reported(db: Database, alice: Browser, held: int) -> None:  # noqa: ARG001
    [batch_id] = batches(db, BatchState.ACCEPTED)
    with db.writing() as session:
        copies = session.query(Delivery).filter_by(batch_id=batch_id).order_by(Delivery.id).all()
        for copy, fate in zip(copies, [*DeliveryStatus, DeliveryStatus.DELIVERED], strict=False):
            copy.fate = fate
    text = words(alice.open(REPORT))
    assert "Delivered 2 Deferred 1 Blocked 1 Bounced 1 Dropped 1 Complained 1 No report yet 3" in text


def test_report_says_that_no_events_come_where_none_can(alice: Browser, held: int) -> None:  # noqa: ARG001
    assert "its events do not come here" in words(alice.open(REPORT))


@pytest.mark.on_both
def test_thousands_of_batches_are_paged(db: Database, settings: Settings, alice: Browser) -> None:
    make_readers(db, settings, 120)
    freeze_issue(db, settings, batch_size=1)
    shown = [
        {
            str(one(row, "td").get_text(strip=True))
            for row in page(alice.open(f"{REPORT}?page={number}")).select("tbody tr")
        }
        for number in (1, 2, 3, 99)
    ]
    assert [len(rows & {str(number) for number in range(1, 121)}) for rows in shown[:3]] == [50, 50, 20]
    assert shown[3] == shown[2]


@pytest.mark.on_both
def test_the_file_adds_up_to_the_audience_and_says_what_is_known_of_each(
    db: Database, settings: Settings, ada: Browser, held: int
) -> None:
    [taken] = batches(db, BatchState.ACCEPTED)
    with db.writing() as session:
        first = session.query(Delivery).filter_by(batch_id=taken).order_by(Delivery.id).limit(1).one()
        first.fate, first.fate_at, first.fate_reason = DeliveryStatus.BOUNCED, TUESDAY, "=cmd|' /C calc'!A0"
        message_id = session.query(Attempt).filter_by(batch_id=taken).one().message_id
    answer = ada.open(f"{REPORT}.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="digest-2024-05-17.csv"'
    assert "no-store" in answer.headers["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert Counter(row["outcome"] for row in rows) == Counter(account(db, held))
    assert len({row["delivery"] for row in rows}) == len({row["address"] for row in rows}) == 40
    [bounced] = [row for row in rows if row["report"]]
    assert (bounced["report"], bounced["reported_at"]) == ("bounced", "2024-05-14T09:00:00+00:00")
    assert bounced["report_reason"] == "'=cmd|' /C calc'!A0"
    assert {row["message_id"] for row in rows if row["outcome"] == "accepted"} == {message_id}
    assert all(
        "no complete answer" in row["reason"] or "503" in row["reason"] for row in rows if row["outcome"] == "held"
    )
    erase(Context(db, settings, TUESDAY), rows[0]["address"], "a test")
    after = list(csv.DictReader(io.StringIO(ada.open(f"{REPORT}.csv").text)))
    assert (len(after), after[0]["address"]) == (40, "")


def test_no_cell_of_the_file_begins_like_a_formula(db: Database, settings: Settings, ada: Browser) -> None:
    make_subscriber(db, settings, "+zoe@example.org")
    make_subscriber(db, settings, "-1@example.org")
    freeze_issue(db, settings)
    cells = [cell for row in csv.reader(io.StringIO(ada.open(f"{REPORT}.csv").text)) for cell in row]
    assert {"'+zoe@example.org", "'-1@example.org"} <= set(cells)
    assert not [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_words_of_a_mail_server_become_a_formula(
    db: Database, settings: Settings, ada: Browser, separator: str
) -> None:
    make_subscriber(db, settings, "alice@example.org")
    freeze_issue(db, settings)
    with db.writing() as session:
        copy = session.query(Delivery).one()
        copy.fate, copy.fate_reason = (
            DeliveryStatus.BOUNCED,
            '550 no;=HYPERLINK("http://x";"y");\u00a0＝1\t-1\r\n+1;"@SUM(1)"',
        )
    rows = csv.reader(io.StringIO(ada.open(f"{REPORT}.csv").text, newline=""), delimiter=separator)
    assert not [cell for row in rows for cell in row if cell.strip(' "\u00a0')[:1] in tuple("=+-@＝＋－＠")]


@pytest.mark.on_both
def test_the_file_comes_in_pieces(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 5_001)
    issue_id = freeze_issue(db, settings, 1_000)
    pieces = list(account_as_csv(db, issue_id))
    assert [piece.count("\n") for piece in pieces] == [1, 5_000, 1]


def test_only_admins_download_addresses(alice: Browser, held: int) -> None:  # noqa: ARG001
    assert alice.open(f"{REPORT}.csv").status_code == 403
    assert "Download as CSV" not in words(alice.open(REPORT))
