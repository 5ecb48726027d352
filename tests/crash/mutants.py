"""Wrong designs, each a small patch inside a sender's process. Each must be caught by the judges, or they are blind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.lifecycle import IssueState, Step
from digest.mail.outgoing import deadline
from digest.mail.outgoing.interface import Answer, Certainty
from digest.mail.sendgrid import transport as sendgrid
from digest.mail.sendgrid.client import HttpAnswer
from digest.operations.accounting import deciding
from digest.operations.running import tick
from digest.operations.sending import claiming, freezing, recording, sender
from digest.operations.sending.claiming import Claim, Claimant
from digest.operations.sending.recording import Result
from digest.operations.shared.context import Context, Work
from digest.storage.base import database as databases
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sending.batches import Attempt, Batch, BatchState
from digest.storage.sending.claims import attempts_out_of_lease, close_attempt, mark_accepted
from digest.storage.sending.copies_to_send import Copies
from digest.storage.sending.deliveries import Delivery
from tests.crash.patches import put
from tests.crash.stage import FRIDAY


@dataclass(frozen=True)
class Mutant:
    """A wrong design: how a sender's process is made to follow it."""

    apply: Callable[[], None]


def _accepted_before_posting() -> None:
    def take_turn(context: Context, *arguments: Any) -> Sequence[Claim]:
        claims: Sequence[Claim] = real(context, *arguments)
        with context.db.writing() as session:
            for claim in claims:
                close_attempt(session, claim.attempt_id, "accepted", context.now, 202, "", "")
                mark_accepted(session, claim.batch_id, database_now(session))
        return claims

    real = put(sender, "take_turn", take_turn)


def _claim_not_committed() -> None:
    in_hand: dict[str, int] = {}

    def take_turn(
        context: Context,
        issue_id: int,
        claimant: Claimant,
        results: Sequence[Result],
        attempt_ids: Sequence[str],
        _look_for_dead: bool = True,
    ) -> Sequence[Claim]:
        with context.db.writing() as session:
            for result in results:
                batch_id = in_hand.pop(result.attempt_id, None)
                if batch_id and result.answer.certainty is Certainty.ACCEPTED:
                    mark_accepted(session, batch_id, database_now(session))
                elif batch_id:
                    batch = session.get_one(Batch, batch_id)
                    batch.state, batch.because = BatchState.HELD, result.answer.detail
        if in_hand or not attempt_ids:
            return ()
        with context.db.writing() as session:
            issue = session.get_one(Issue, issue_id)
            begun, at = deadline.ticking(), database_now(session)
            found = claiming.claim(context.within(session), begun, at, issue, claimant, attempt_ids[:1]).claims
            session.rollback()
        in_hand.update({claim.attempt_id: claim.batch_id for claim in found})
        return found

    put(sender, "take_turn", take_turn)


def _lease_to_pending() -> None:
    def expire(work: Work, at: float, issue: Issue, _lease: float) -> None:
        for attempt_id, _ in attempts_out_of_lease(work.session, issue.id, at):
            batch_id = close_attempt(work.session, attempt_id, Certainty.UNKNOWN, work.now, None, "", "")
            work.session.execute(update(Batch).where(Batch.id == batch_id).values(state=BatchState.PENDING))

    put(sender, "expire_leases", expire)


def _in_doubt(state: BatchState) -> None:
    def doubt(_session: Session, _settings: Settings, _issue: Issue, batch: Batch, _cause: object, words: str) -> None:
        batch.state, batch.because = state, words

    put(recording, "leave_unsettled", doubt)


def _answer(judged: Callable[[Answer], Answer]) -> None:
    """Change what the transport makes of a request."""

    def post(transport: sendgrid.SendGridTransport, body: bytes, until: float) -> Answer:
        return judged(real(transport, body, until))

    real = put(sendgrid.SendGridTransport, "_post", post)


def _retry_timeouts(answer: Answer) -> Answer:
    timeout = answer.certainty is Certainty.UNKNOWN and answer.status is None
    return replace(answer, certainty=Certainty.RETRY) if timeout else answer


def _retry_server_errors(answer: Answer) -> Answer:
    broken = answer.status is not None and answer.status >= 500
    return replace(answer, certainty=Certainty.RETRY) if broken else answer


def _redirect_is_yes(answer: Answer) -> Answer:
    redirected = answer.status is not None and 300 <= answer.status < 400
    return replace(answer, certainty=Certainty.ACCEPTED) if redirected else answer


def _any_success_is_yes() -> None:
    def judge(answer: HttpAnswer) -> Answer:
        return real(HttpAnswer(202, answer.headers, answer.body))

    real: Callable[[HttpAnswer], Answer] = put(sendgrid, "judge", judge)


def _no_fence() -> None:
    def close(session: Session, attempt_id: str, outcome: str, *_: Any) -> int | None:
        return session.execute(
            update(Attempt).where(Attempt.id == attempt_id).values(outcome=outcome).returning(Attempt.batch_id)
        ).scalar_one_or_none()

    put(recording, "close_attempt", close)
    # What an earlier yes proves is looked at behind the fence, and would hold by itself.
    put(recording, "was_taken", lambda *_: False)


def _synchronous(how: str) -> None:
    def prepare(connection: Any, record: object) -> None:
        real(connection, record)
        connection.execute(f"PRAGMA synchronous={how}")

    real = put(databases, "_prepare_sqlite", prepare)


def _silence_trusted_unheard() -> None:
    """What is not heard of was not taken, whatever else was heard or not."""

    def judge(silence: Any) -> Any:
        return real(replace(silence, accepted=1, accepted_heard=1, later_heard=1))

    real: Callable[[Any], Any] = put(deciding, "judge", judge)


def _answered_early() -> None:
    put(databases, "_prepare_postgresql", lambda *_: None)
    # The count beside the database would catch it too: a database that forgot its claims looks like a restored one.
    put(tick, "recover", lambda *_: None)


def _freeze_twice() -> None:
    """As two clocks would without looking at the issue again under its lock."""

    def issue_for_change(session: Session, issue_id: int) -> Issue:
        issue: Issue = real(session, issue_id)
        issue.state = IssueState.CLOSED
        return issue

    def freeze(context: Context, issue_id: int, who: str, only_if_due: bool) -> freezing.Freeze:
        freezing.freeze(context, issue_id, who, 2, only_if_due)
        return freezing.freeze(context, issue_id, who, 2, only_if_due)

    real = put(freezing, "issue_for_change", issue_for_change)
    put(freezing, "step_of", lambda *_: Step.SEND)
    put(freezing, "_check_sum", lambda *_: None)
    put(tick, "freeze", freeze)


def without_uniqueness(url: str) -> None:
    """Take the unique constraints off a SQLite database's deliveries, which has none yet."""
    with closing(Database(url)) as database, database.writing() as session:
        made = session.execute(text("SELECT sql FROM sqlite_master WHERE name = 'deliveries'")).scalar_one()
        session.execute(text("DROP TABLE deliveries"))
        session.execute(text(re.sub(r",\s*CONSTRAINT \w+ UNIQUE \([^)]*\)", "", made)))


def _nobody_has_left() -> None:
    def copies_in(session: Session, batch_id: int) -> Copies:
        rows = session.execute(
            select(Delivery.id, Delivery.address, Subscriber.link_key)
            .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
            .where(Delivery.batch_id == batch_id, Delivery.outcome.is_(None))
        )
        found = rows.all()
        day = FRIDAY.date().isoformat()
        return Copies(
            [row.id for row in found], [row.address or "" for row in found], "".join(row.link_key for row in found),
            [day for _ in found],
        )  # fmt: skip

    put(claiming, "copies_in", copies_in)


def _no_deadline() -> None:
    put(claiming, "DEADLINE_SECONDS", 1e9)


def _rest_is_dropped() -> None:
    put(recording, "_split_off", lambda *_: None)


def _answers(judged: Callable[[Answer], Answer]) -> Mutant:
    return Mutant(lambda: _answer(judged))


MUTANTS: Mapping[str, Mutant] = {
    "accepted-before-posting": Mutant(_accepted_before_posting),
    "claim-not-committed": Mutant(_claim_not_committed),
    "lease-to-pending": Mutant(_lease_to_pending),
    "timeout-tried-again": _answers(_retry_timeouts),
    "silence-trusted-at-once": Mutant(lambda: _in_doubt(BatchState.PENDING)),
    "silence-trusted-unheard": Mutant(_silence_trusted_unheard),
    "doubt-called-failed": Mutant(lambda: _in_doubt(BatchState.FAILED)),
    "5xx-is-a-certain-no": _answers(_retry_server_errors),
    "redirect-is-a-yes": _answers(_redirect_is_yes),
    "every-answer-is-a-yes": Mutant(_any_success_is_yes),
    "no-fence": Mutant(_no_fence),
    "no-deadline": Mutant(_no_deadline),
    "synchronous-off": Mutant(lambda: _synchronous("OFF")),
    "synchronous-normal": Mutant(lambda: _synchronous("NORMAL")),
    "postgresql-answers-early": Mutant(_answered_early),
    "frozen-twice": Mutant(_freeze_twice),
    "leavers-not-looked-for": Mutant(_nobody_has_left),
    "rest-of-a-refused-batch-dropped": Mutant(_rest_is_dropped),
}
