"""The demo's troubles: two past sends in which a request had no answer, one settled by events, one by an editor.

Their transport plays SendGrid on a bad day; all that follows is done by the operations that a real send uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import count

from sqlalchemy.orm import Session

from digest.demo.people import EDITORS
from digest.domain.running.alerts import AlertKind, cause
from digest.mail.outgoing.interface import Answer, Bulk, Certainty, ListMark, ListPage, Single, Transport, UnreadList
from digest.mail.sendgrid.events import Args, Event, Kind
from digest.operations.accounting.deciding import decide_batch
from digest.operations.events.feedback import take_events
from digest.operations.sending.freezing import freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process
from digest.storage.accounting.account_lines import AccountLine, lines_in, span_of
from digest.storage.accounting.settlements import Verdict
from digest.storage.accounting.unsettled import last_unsettled, unsettled_batches
from digest.storage.base.database import Database
from digest.storage.issues.history import last_noted_by, note
from digest.storage.issues.issues import Issue
from digest.storage.messages.alerts import forget_alert
from digest.storage.sending.attempts import attempts_at

_BATCH = 7
"""Copies in a batch: the demo's few readers must make several."""
_EVENTS_AFTER = timedelta(minutes=4)
_DECIDED_AFTER = timedelta(minutes=52)
_SEEN = "Activity lists the readers of the other batches, and none of this one"
_THE_DEMO = "the demo"
_CUT_OFF = Answer(
    Certainty.UNKNOWN, detail="the connection was cut after the whole request had left, as the demo staged it"
)


class Unanswered(StrEnum):
    """What became of the request that had no answer, as `trouble` in issues.json says."""

    TAKEN = "settled by events"
    NOT_TAKEN = "decided by a person"


def send_with_trouble(context: Context, transport: Transport, issue_id: int, trouble: Unanswered, who: str) -> None:
    """Send a closed issue at the moment it had, lose the second answer, and settle what came of that.

    Interrupted, it goes on from where it was.
    """
    db, send_at, events_come = context.db, context.now, trouble is Unanswered.TAKEN
    settings = replace(context.settings, sendgrid_webhook_key="the demo’s" if events_come else "", alert_url="")
    _own_up(db, issue_id, send_at, events_come)
    freeze(Context(db, settings, send_at), issue_id, who, _BATCH)
    with db.reading() as session:
        lost = last_unsettled(session, issue_id) is not None
    bad_day = transport if lost else _BadDay(transport, events_come)
    send_issue(Process(db, settings, bad_day, lambda: send_at), issue_id)
    with db.reading() as session:
        unsettled = unsettled_batches(session, issue_id)
        events = _events(session, issue_id, send_at) if unsettled and events_come else ()
    if events:
        take_events(Context(db, settings, send_at + _EVENTS_AFTER), events)
    elif unsettled:
        decided_at = send_at + _DECIDED_AFTER
        decide_batch(Context(db, settings, decided_at), unsettled[0].batch_id, Verdict.RESEND, EDITORS[0][0], _SEEN)
    if not events_come:
        send_issue(Process(db, settings, transport, lambda: send_at + _DECIDED_AFTER), issue_id)
    _stop_alerting(db, issue_id)


def _stop_alerting(db: Database, issue_id: int) -> None:
    """What was staged is settled, and nothing to be alerted to."""
    with db.writing() as session:
        forget_alert(session, cause(AlertKind.HELD, session.get_one(Issue, issue_id).send_date))


def _own_up(db: Database, issue_id: int, at: datetime, events_come: bool) -> None:
    """Tell in the issue's history, once, what of its report is played."""
    played = "the lost answer and the events" if events_come else "the lost answer and the decision about it"
    with db.writing() as session:
        if last_noted_by(session, issue_id, _THE_DEMO) is None:
            note(session, issue_id, at, _THE_DEMO, f"staged {played}, to show such a send: nothing went to SendGrid")


class _BadDay:
    """Loses the answer to the second request, which was `taken` or not, and does the rest well."""

    def __init__(self, inner: Transport, taken: bool) -> None:
        self._inner = inner
        self._taken = taken
        self._numbers = count(1)

    def send_bulk(self, bulk: Bulk) -> Answer:
        """Hand over to the transport behind it, but for the second one."""
        if next(self._numbers) != 2:
            return self._inner.send_bulk(bulk)
        if self._taken:
            self._inner.send_bulk(bulk)
        return _CUT_OFF

    def send_single(self, single: Single) -> Answer:
        """Hand over to the transport behind it."""
        return self._inner.send_single(single)

    def probe(self) -> bool:
        """Ask the transport behind it."""
        return self._inner.probe()

    def erase(self, addresses: Sequence[str]) -> Answer:
        """Ask the transport behind it."""
        return self._inner.erase(addresses)

    def suppressed(
        self, since: Mapping[str, ListMark], until: datetime, deadline: float
    ) -> Iterable[ListPage | UnreadList]:
        """Ask the transport behind it."""
        return self._inner.suppressed(since, until, deadline)

    def close(self) -> None:
        """Close the transport behind it."""
        self._inner.close()


def _events(session: Session, issue_id: int, send_at: datetime) -> list[Event]:
    """What SendGrid would have reported a few minutes later: every copy delivered, but for the last, which waits."""
    issue, span = session.get_one(Issue, issue_id), span_of(session, issue_id)
    lines = lines_in(session, issue_id, span, span.last) if span else ()
    attempts = attempts_at(session, sorted({line.batch_id for line in lines}))
    sent = [line for line in lines if line.batch_id in attempts]
    at = send_at + _EVENTS_AFTER / 2

    def event(kind: Kind, line: AccountLine, words: str) -> Event:
        args = Args(issue.send_date, line.batch_id, attempts[line.batch_id][-1].id, line.delivery_id)
        return Event(kind, line.address or "", at, words, None, args, None, bare=False)

    delivered = [event(Kind.DELIVERED, line, "250 2.0.0 OK") for line in sent[:-1]]
    return [*delivered, *(event(Kind.DEFERRED, line, "451 4.7.1 Try again later") for line in sent[-1:])]
