"""The world of the state machine: one installation, a SendGrid in memory, senders as hands that hold claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text

from digest.domain.shared import addresses
from digest.mail.outgoing.interface import Answer, Certainty
from digest.mail.sendgrid.events import Args, Event, Kind
from digest.operations.events.feedback import take_events
from digest.operations.readers import consent_wordings
from digest.operations.readers.privacy import erase
from digest.operations.readers.subscribing import LinkState, ask, confirm, leave
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.freezing import freeze
from digest.operations.sending.posting import bulk_of
from digest.operations.sending.recording import Result
from digest.operations.sending.sender import take_turn
from digest.operations.shared.context import Context
from digest.storage.accounting.accounts import Account, account_of
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.readers.signups import SignUp
from digest.storage.readers.subscribers import Subscriber, subscriber_with_address
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import Delivery
from tests.crash.databases import SqliteHome
from tests.crash.fakes import Mood, SendGridInMemory
from tests.crash.stage import FRIDAY, ISSUE, READERS, open_case

DEADLINE = 30.0
_DATABASE_TIMES = {
    "attempts": ("lease_until",),
    "batches": ("retry_at", "accepted_at", "unknown_at", "heard_at"),
    "heartbeats": ("at", "since"),
    "issues": ("paused_until", "probe_at"),
}
_TOO_LATE = Answer(Certainty.RETRY, detail="the deadline has passed")


@dataclass
class Hand:
    """A claim that a sender holds; `asleep` is for how long the clock has leapt since."""

    claim: Claim
    asleep: float = 0.0


@dataclass(frozen=True)
class Line:
    """One copy as our account has it, with the ids that tell of it."""

    address: str | None
    state: str
    batch: int


@dataclass
class World:
    """Everything that a step may touch."""

    folder: Path
    home: SqliteHome
    more: dict[str, str]
    now: datetime = FRIDAY
    hands: list[Hand] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    sendgrid: SendGridInMemory = field(default_factory=SendGridInMemory)
    gone: set[str] = field(default_factory=set)
    """Who has left, and has not confirmed again."""

    def __post_init__(self) -> None:
        case = open_case(self.folder, self.home, "http://127.0.0.1:9", self.more)
        self.settings = case.settings()
        self.db = Database(case.url)
        with self.db.reading() as session:
            self.issue_id = session.execute(select(Issue.id).where(Issue.send_date == FRIDAY.date())).scalar_one()

    def subscribe(self, address: str) -> None:
        """Somebody asks for the digest."""
        place = f"10.0.0.{self.now.second}"  # each from a network of its own: caps are another test's matter
        ask(Context(self.db, self.settings, self._later()), addresses.parse(address), place, "the front page")

    def confirm(self, address: str) -> None:
        """The link of the latest message to this address is followed."""
        with self.db.reading() as session:
            latest = (
                select(SignUp.key).join(Subscriber, Subscriber.id == SignUp.subscriber_id).order_by(SignUp.id.desc())
            )
            key = session.execute(latest.where(Subscriber.address == address)).scalars().first()
        if key and confirm(Context(self.db, self.settings, self._later()), key, "the page")[0] is LinkState.DONE:
            self.gone.discard(address)

    def leave(self, address: str) -> None:
        """A reader unsubscribes by the link."""
        with self.db.reading() as session:
            reader = subscriber_with_address(session, address)
        if reader is not None:
            leave(
                Context(self.db, self.settings, self._later()),
                reader.link_key,
                consent_wordings.leaving(self.settings),
                "the page",
            )
            self.gone.add(address)

    def erase(self, address: str) -> None:
        """A reader has everything erased."""
        erase(Context(self.db, self.settings, self._later()), address, "the page")
        self.gone.add(address)

    def freeze(self, batch_size: int) -> None:
        """The issue becomes copies."""
        freeze(Context(self.db, self.settings, self._later()), self.issue_id, "the clock", batch_size)

    def claim(self, attempt_ids: list[str]) -> None:
        """A sender claims; nobody who has left may be among its copies."""
        claims = take_turn(
            Context(self.db, self.settings, self._later()), self.issue_id, Claimant("a sender"), (), attempt_ids
        )
        mailed = {address for claim in claims for address in claim.copies.addresses}
        assert not mailed & self.gone, f"claimed although gone: {mailed & self.gone}"
        self.hands += [Hand(claim) for claim in claims]

    def post(self, hand: Hand, mood: Mood) -> None:
        """A sender posts what it holds, unless its deadline has passed."""
        self.hands.remove(hand)
        bulk = bulk_of(self.settings, hand.claim)
        answer = _TOO_LATE if hand.asleep > DEADLINE else self.sendgrid.post(bulk, mood)
        self.results.append(Result(hand.claim.attempt_id, hand.claim.copies.deliveries, answer))

    def record(self) -> None:
        """A sender writes down what came back."""
        results, self.results = self.results, []
        take_turn(Context(self.db, self.settings, self._later()), self.issue_id, Claimant("a sender"), results, ())

    def crash(self) -> None:
        """All senders die, whatever they held or knew."""
        self.hands, self.results = [], []

    def jump(self, seconds: float) -> None:
        """The database's clock leaps; the senders were asleep meanwhile."""
        set_back(self.db, seconds)
        for hand in self.hands:
            hand.asleep += seconds

    def report(self, attempt_id: str, kind: Kind) -> None:
        """SendGrid reports of every copy of an attempt that it took."""
        bulk = self.sendgrid.taken[attempt_id]
        events = [
            Event(
                kind, address, self._later(), "", None,
                Args(FRIDAY.date(), bulk.batch, bulk.attempt, delivery), None, bare=False,
            )
            for address, _, _, _, delivery in bulk.recipients
        ]  # fmt: skip
        take_events(Context(self.db, self.settings, self.now), events)

    def account(self) -> Account | None:
        """The issue's account; None before it is frozen."""
        with self.db.reading() as session:
            issue = session.get_one(Issue, self.issue_id)
            return account_of(session, issue) if issue.frozen_at else None

    def lines(self) -> list[Line]:
        """Every copy as our account has it."""
        with self.db.reading() as session:
            rows = session.execute(select(Delivery, Batch).join(Batch, Batch.id == Delivery.batch_id))
            return [Line(copy.address, copy.outcome or batch.state, batch.id) for copy, batch in rows]

    def times_taken(self, address: str) -> int:
        """How often SendGrid took the issue for this address."""
        return self.sendgrid.books[ISSUE, address]

    def _later(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def set_back(db: Database, seconds: float) -> None:
    """Let everything that is kept in the database's time have happened so much earlier."""
    with db.writing() as session:
        for table, columns in _DATABASE_TIMES.items():
            back = ", ".join(f"{column} = {column} - :seconds" for column in columns)
            session.execute(text(f"UPDATE {table} SET {back}"), {"seconds": seconds})  # noqa: S608 - ours


STRANGERS = ("wanda@example.org", "xaver@example.org", "yara@example.org")
EVERYBODY = (*READERS, *STRANGERS)
