"""Who got an old issue, and readers who left long ago, are forgotten by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.config import Settings
from digest.domain.issues.lifecycle import IssueState
from digest.operations.running.forgetting import forget_in_time
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.sending.deliveries import Delivery
from digest.storage.suppressions.suppressions import SuppressionReason, is_suppressed, never_mailed, suppress
from tests.conftest import TUESDAY
from tests.factories import make_readers, make_subscriber
from tests.unsettled import account, freeze_issue

DAY = timedelta(days=1)


def test_an_old_issue_forgets_its_readers_and_keeps_its_sums(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 5)
    issue_id = freeze_issue(db, settings, batch_size=2)
    with db.writing() as session:
        issue = session.get_one(Issue, issue_id)
        issue.state, frozen_at = IssueState.SENT, issue.frozen_at or TUESDAY
        first = session.query(Delivery).order_by(Delivery.id).first()
        assert first
        first.reason, first.fate_reason = f"bounced: {first.address} is full", f"550 {first.address}"
    before = account(db, issue_id)
    kept = replace(settings, deliveries_kept=30 * DAY)
    forget_in_time(Context(db, kept, frozen_at + 30 * DAY))
    assert readers_known(db) == 5
    forget_in_time(Context(db, kept, frozen_at + 31 * DAY))
    assert readers_known(db) == 0
    assert account(db, issue_id) == before
    with db.reading() as session:
        assert [(copy.reason, copy.fate_reason) for copy in session.query(Delivery) if copy.reason] == [
            ("bounced: (erased) is full", None)
        ]


def readers_known(db: Database) -> int:
    with db.reading() as session:
        return (
            session.query(Delivery).filter(Delivery.address.is_not(None) | Delivery.subscriber_id.is_not(None)).count()
        )


def test_who_left_long_ago_is_erased_and_kept_from_imports(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings, "alice@example.org", SubscriberState.UNSUBSCRIBED)
    make_subscriber(db, settings, "bob@example.org")
    kept = replace(settings, consents_kept=365 * DAY)
    left_at = alice.unsubscribed_at
    assert left_at
    forget_in_time(Context(db, kept, left_at + 365 * DAY))
    assert readers(db) == ["alice@example.org", "bob@example.org"]
    forget_in_time(Context(db, kept, left_at + 366 * DAY))
    assert readers(db) == ["bob@example.org"]
    with db.reading() as session:
        assert is_suppressed(session, alice.address_hash)


def test_who_was_suppressed_long_ago_is_erased_too_and_stays_suppressed(db: Database, settings: Settings) -> None:
    """A bounce leaves the reader's state as it is; so does an erasure that they asked again after."""
    alice = make_subscriber(db, settings, "alice@example.org")
    late = make_subscriber(db, settings, "late@example.org")
    again = make_subscriber(db, settings, "again@example.org", SubscriberState.PENDING)
    kept = replace(settings, consents_kept=365 * DAY)
    with db.writing() as session:
        session.get_one(Subscriber, late.id).confirmed_at = TUESDAY + DAY
        for one in (alice, late):
            suppress(session, one.address_hash, SuppressionReason.BOUNCE, TUESDAY, "a test")
        suppress(session, again.address_hash, SuppressionReason.ERASURE, TUESDAY, "a test")
    forget_in_time(Context(db, kept, TUESDAY + 365 * DAY))
    assert len(readers(db)) == 3
    forget_in_time(Context(db, kept, TUESDAY + 366 * DAY))
    assert readers(db) == ["again@example.org", "late@example.org"], "who confirmed after the ban's date was a reader"
    forget_in_time(Context(db, kept, TUESDAY + 367 * DAY))
    assert readers(db) == ["again@example.org"]
    with db.reading() as session:
        assert never_mailed(session, alice.address_hash)


def readers(db: Database) -> list[str]:
    with db.reading() as session:
        return [reader.address for reader in session.query(Subscriber).order_by(Subscriber.address)]


def test_dead_links_go(db: Database, settings: Settings) -> None:
    alice = make_subscriber(db, settings)
    with db.writing() as session:
        for number in (1, 2):
            session.add(
                ReaderLink(
                    subscriber_id=alice.id, key=str(number) * 32, asked_at=TUESDAY, valid_until=TUESDAY + number * DAY
                )
            )
    forget_in_time(Context(db, settings, TUESDAY + timedelta(hours=36)))
    with db.reading() as session:
        assert [link.key for link in session.query(ReaderLink)] == ["2" * 32]
