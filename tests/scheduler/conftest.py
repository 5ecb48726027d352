"""A publication in the week of Friday 17 May 2024: Alice and Bob edit it, Carol used to, three people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from threading import Event, Lock
from zoneinfo import ZoneInfo

import pytest

from digest.config import Settings
from digest.mail.outgoing.interface import Answer, Bulk, ListMark, ListPage, Single, Transport, UnreadList
from digest.mail.transports import open_transport
from digest.operations.running.tick import tick
from digest.operations.shared.context import Process
from digest.storage.base.database import Database
from digest.storage.issues.history import history_of
from digest.storage.issues.issues import Issue, all_issues, issue_on
from digest.storage.issues.selections import selected_summaries
from digest.storage.messages.messages import Message
from digest.storage.people.editors import Editor
from tests.factories import make_editor, make_issue, make_readers, make_summary

ALICE, BOB, CAROL = "alice@digest.test", "bob@digest.test", "carol@digest.test"
FRIDAY, NEXT_FRIDAY = date(2024, 5, 17), date(2024, 5, 24)


def london(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 5) -> datetime:
    """A time in London in 2024, as the moment in UTC that it is."""
    return datetime(2024, month, day, hour, minute, second, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)


TUESDAY = london(14, 10)
CUTOFF, SEND = london(16, 16), london(17, 8)


class Counting:
    """A transport that also counts copies; the files alone would hide one that was written twice."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self._lock = Lock()
        self.copies: list[str] = []

    def send_bulk(self, bulk: Bulk) -> Answer:
        with self._lock:
            self.copies += [address for address, *_ in bulk.recipients]
        return self._inner.send_bulk(bulk)

    def probe(self) -> bool:
        return self._inner.probe()

    def send_single(self, single: Single) -> Answer:
        return self._inner.send_single(single)

    def erase(self, addresses: Sequence[str]) -> Answer:
        return self._inner.erase(addresses)

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        return self._inner.suppressed(since, until, deadline)

    def close(self) -> None:
        self._inner.close()


class Week:
    """The publication: what its clock did, and what came of it."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        self.transport = Counting(open_transport(settings))

    def tick(self, *moments: datetime, stopping: bool = False) -> None:
        """One tick at each of these moments; `stopping`: by a clock that is asked to end."""
        stop = Event()
        if stopping:
            stop.set()
        for moment in moments:
            tick(Process(self.db, self.settings, self.transport, lambda now=moment: now, stop))  # type: ignore[misc]

    def issue(self, send_date: date = FRIDAY) -> Issue:
        with self.db.reading() as session:
            issue = issue_on(session, send_date)
        assert issue, f"no issue on {send_date}"
        return issue

    def states(self) -> dict[date, str]:
        with self.db.reading() as session:
            return {issue.send_date: str(issue.state) for issue in reversed(all_issues(session))}

    def on(self, send_date: date) -> list[str]:
        """The headlines on the issue of that date."""
        with self.db.reading() as session:
            return [summary.title for summary in selected_summaries(session, self.issue(send_date).id)]

    def history(self, send_date: date = FRIDAY) -> list[str]:
        """What its clock and its people did, the oldest first."""
        with self.db.reading() as session:
            return [f"{line.who}: {line.what}" for line in reversed(history_of(session, self.issue(send_date).id))]

    def mail(self, kind: str, to: str = ALICE) -> list[str]:
        """The subjects of this kind of message to one editor."""
        with self.db.reading() as session:
            rows = session.query(Message).filter_by(kind=kind, recipient=to).order_by(Message.id)
            return [row.subject.removeprefix("Privacy Digest: ") for row in rows]

    @property
    def proofs(self) -> list[str]:
        return self.mail("proof")

    @property
    def notices(self) -> list[str]:
        return self.mail("notice")

    @property
    def copies(self) -> list[str]:
        """The addresses that a digest was handed over for, each as often as it was."""
        return sorted(self.transport.copies)


@pytest.fixture
def editors(db: Database) -> None:
    make_editor(db, ALICE, "Alice")
    make_editor(db, BOB, "Bob")
    carol = make_editor(db, CAROL, "Carol")
    with db.writing() as session:
        session.get_one(Editor, carol).is_active = False


@pytest.fixture
def readers(db: Database, settings: Settings) -> list[str]:
    return make_readers(db, settings, 3)


@pytest.fixture
def empty_week(db: Database, settings: Settings, editors: None, readers: list[str]) -> Week:  # noqa: ARG001
    """The week with nothing on its issue."""
    make_issue(db, FRIDAY)
    return Week(db, settings)


@pytest.fixture
def week(db: Database, settings: Settings, editors: None, readers: list[str]) -> Week:  # noqa: ARG001
    """The week with two summaries on its issue."""
    chosen = [make_summary(db, "Court annuls fine"), make_summary(db, "Cookie walls need a choice")]
    make_issue(db, FRIDAY, chosen, introduction="Two stories this week.")
    return Week(db, settings)
