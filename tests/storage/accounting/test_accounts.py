"""The quick account, from the batches' counters, says the same as the one counted copy by copy: in every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from digest.config import Settings
from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.interface import Answer, Certainty
from digest.operations.accounting.deciding import decide_batch
from digest.operations.readers.consent_wordings import leaving
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import leave
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.recording import Result
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context
from digest.storage.accounting.settlements import Verdict
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.readers.subscribers import subscriber_with_address
from digest.storage.sending.batches import Attempt, BatchState
from tests.conftest import TUESDAY
from tests.factories import make_readers, make_subscriber
from tests.unsettled import ALICE, WEBHOOK_KEY, account, batches, freeze_issue

UNKNOWN = Answer(Certainty.UNKNOWN, detail="no complete answer")


class Send:
    """An issue in batches of four, of which each step is taken by hand; the account is compared after each."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db, self.settings = db, settings
        make_readers(db, settings, 28)
        make_subscriber(db, settings, "elsewhere@example.org", topics="sailing")
        self.issue_id = freeze_issue(db, settings, batch_size=4)

    def claim(self) -> Claim:
        """One batch."""
        with self.db.writing() as session:
            session.get_one(Issue, self.issue_id).pace = None
        [claimed] = take_turn(Context(self.db, self.settings, TUESDAY), self.issue_id, Claimant("me"), (), [new_key()])
        return claimed

    def end(self, claimed: Claim, answer: Answer, webhook: bool = True) -> None:
        """What came back."""
        settings = self.settings if webhook else replace(self.settings, sendgrid_webhook_key="")
        result = Result(claimed.attempt_id, claimed.copies.deliveries, answer)
        take_turn(Context(self.db, settings, TUESDAY), self.issue_id, Claimant("me"), [result], ())

    def account(self) -> dict[str, int]:
        return account(self.db, self.issue_id)

    def say(self, state: BatchState, verdict: Verdict) -> None:
        decide_batch(Context(self.db, self.settings, TUESDAY), batches(self.db, state)[0], verdict, ALICE)

    def part(self, number: int) -> None:
        """A reader leaves."""
        with self.db.reading() as session:
            reader = subscriber_with_address(session, f"reader{number:06d}@example.org")
        assert reader is not None
        leave(Context(self.db, self.settings, TUESDAY), reader.link_key, leaving(self.settings), "a test")


@pytest.fixture
def environ(environ: dict[str, str]) -> Iterator[dict[str, str]]:
    yield environ | {"SENDGRID_WEBHOOK_KEY": WEBHOOK_KEY}


def test_both_accounts_agree_in_every_state(db: Database, settings: Settings) -> None:
    send = Send(db, settings)
    assert send.account() == {"waiting": 29}
    send.part(1)
    assert send.account() == {"waiting": 29}
    one = send.claim()
    assert send.account() == {"waiting": 28, "skipped": 1}
    send.end(one, Answer(Certainty.ACCEPTED, 202, "m1"))
    assert send.account() == {"waiting": 25, "skipped": 1, "accepted": 3}
    for number in (4, 5, 6, 7):
        send.part(number)
    two = send.claim()
    assert send.account() == {"waiting": 21, "skipped": 5, "accepted": 3}
    send.end(two, Answer(Certainty.OFFENDERS, 400, detail="one", offenders={0: "refused"}))
    assert send.account() == {"waiting": 20, "failed": 1, "skipped": 5, "accepted": 3}
    send.end(send.claim(), Answer(Certainty.TOO_LARGE, 413, detail="too large"))
    assert send.account() == {"waiting": 20, "failed": 1, "skipped": 5, "accepted": 3}
    send.end(send.claim(), Answer(Certainty.RETRY, detail="not reached"))
    send.part(20)
    send.end(send.claim(), UNKNOWN)
    held = send.claim()
    size = len(held.copies)
    send.end(held, UNKNOWN, webhook=False)
    found = send.account()
    assert found["held"] == size
    assert found["unknown"]
    erase(Context(db, settings, TUESDAY), held.copies.addresses[0], "a test")
    assert send.account() == found
    send.say(BatchState.HELD, Verdict.SKIP)
    assert send.account()["skipped"] == found["skipped"] + size
    send.say(BatchState.UNKNOWN, Verdict.RESEND)
    assert "unknown" not in send.account()
    send.end(send.claim(), UNKNOWN)
    send.say(BatchState.UNKNOWN, Verdict.SENT)
    assert send.account()["accepted"] > found["accepted"]
    dead = send.claim()
    with db.writing() as session:
        session.get_one(Attempt, dead.attempt_id).lease_until = 1.0
    take_turn(Context(db, settings, TUESDAY), send.issue_id, Claimant("me"), (), ())
    assert send.account()["unknown"] == len(dead.copies)
    assert sum(send.account().values()) == 29
