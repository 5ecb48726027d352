"""Sending a frozen issue: claim batches, post them, record what is certain. Safe in any number of processes.

One thread keeps the books, in turns: each is one transaction that records what has come back and claims as many batches
as hands are free. The others post. An attempt is committed before any byte leaves, and its outcome is fenced by its own
id: whoever comes back late finds it judged and changes nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from digest.domain.shared.tokens import new_key
from digest.mail.outgoing.deadline import ticking
from digest.mail.outgoing.interface import Answer, Certainty
from digest.operations.accounting.completing import complete_if_done
from digest.operations.accounting.pacing import pace_of, probe_if_due
from digest.operations.guard.restore_guard import note_claims
from digest.operations.sending.claiming import LEASE_SECONDS, Claim, Claimant, Claims, claim
from digest.operations.sending.posting import post_claim
from digest.operations.sending.recording import Result, expire_leases, record
from digest.operations.sending.send_status import SendStatus, send_status_of
from digest.operations.shared.context import Context, Process
from digest.operations.shared.fault_log import FaultLog
from digest.operations.shared.process_names import process_name
from digest.operations.shared.wakeups import Bell, pause
from digest.storage.base.database import Database, database_now
from digest.storage.issues.issues import Issue, issue_for_change
from digest.storage.sending.batches import BatchState, batches_in, ended_copies, seconds_until_claimable

_Found = TypeVar("_Found")

log = logging.getLogger(__name__)

_SHORTEST_NAP, _LONGEST_NAP = 0.02, 1.0
"""Seconds between two looks for something to do: soon at first, since other senders' last requests take no time."""
_PATIENCE = LEASE_SECONDS + 15.0
"""Seconds for which a database that does not answer is asked again; by then no outcome in hand would count any more."""
_DATABASE_FAILS = (DBAPIError, OSError)
_SHOW_EVERY = 0.2
_FOR_A_SECOND_RESULT = 0.02


class Ending(StrEnum):
    """Why sending came back."""

    DONE = "done"
    """Nothing is left to claim, and nobody else is at it."""
    INTERRUPTED = "interrupted"
    PAUSED = "paused"
    """The whole send waits for a remedy, or was stopped by a person."""
    LATER = "later"
    """Some batches may only be claimed later, and the caller did not want to wait."""


@dataclass(frozen=True)
class Progress:
    """How far a send is."""

    done: int
    audience: int


def send_issue(
    process: Process,
    issue_id: int,
    wait: bool = True,
    progress: Callable[[Progress], None] | None = None,
    stall: Callable[[SendStatus], None] | None = None,
) -> Ending:
    """Send what is left of a frozen issue, SEND_CONCURRENCY requests at a time.

    With `wait`, comes back when nothing is left to do or to wait for (retries, other senders' leases), but never
    waits for settling; without, as soon as nothing can be claimed now. `progress` is told how far it is, and `stall`
    how it stands whenever there is nothing to do but wait.
    """
    nap, db = _SHORTEST_NAP, process.db
    with ThreadPoolExecutor(process.settings.send_concurrency, "sender") as pool:
        sender = _Sender(process, issue_id, pool, progress)
        while True:
            if sender.send():
                nap = _SHORTEST_NAP
            ending = _patiently(lambda: _how_it_stands(db, issue_id, process.stop))
            if ending is not Ending.LATER:
                _patiently(lambda: complete_if_done(process.context(), issue_id))
                return ending
            if _patiently(lambda: probe_if_due(db, process.transport, issue_id)):
                continue
            if not wait:
                return ending
            if stall:
                stall(_patiently(lambda: _send_status(db, issue_id)))
            pause(min(nap, _patiently(lambda: _seconds_to_wait(db, issue_id))))
            nap = min(_LONGEST_NAP, 2 * nap)


def take_turn(
    context: Context,
    issue_id: int,
    claimant: Claimant,
    results: Sequence[Result],
    attempt_ids: Sequence[str],
    look_for_dead: bool = True,
) -> Sequence[Claim]:
    """One transaction: record the results, give up on attempts whose lease ran out (`look_for_dead`), claim up to one
    batch for each of the new attempts. What was claimed may be posted when this returns: it is on disk, here and in
    the claims file.
    """
    certain = all(result.answer.certainty is Certainty.ACCEPTED for result in results)
    with context.db.writing() as session:
        issue = session.get_one(Issue, issue_id)
        if issue.pace is not None or not certain:
            issue = issue_for_change(session, issue_id)
        begun, at = ticking(), database_now(session)
        for result in sorted(results, key=lambda one: one.attempt_id):
            record(context.within(session), at, issue, result)
        if look_for_dead:
            expire_leases(context.within(session), at, issue, LEASE_SECONDS)
        found = claim(context.within(session), begun, at, issue, claimant, attempt_ids) if attempt_ids else Claims(())
    if found.count:
        note_claims(context.settings, found.count)
    return found.claims


class _Sender:
    """The hands of one process on one issue, and its books."""

    def __init__(
        self, process: Process, issue_id: int, pool: Executor, progress: Callable[[Progress], None] | None
    ) -> None:
        self._process = process
        self._settings = process.settings
        self._issue_id = issue_id
        self._pool = pool
        self._progress = progress
        self._shown_at = 0.0
        self._looked_at = 0.0
        self._claimant = Claimant(process_name())
        self._bell = Bell()
        self._results: deque[Result] = deque()
        self._in_hand = 0

    def send(self) -> bool:
        """Take turns until nothing can be claimed now and nothing is in hand; returns whether anything was claimed."""
        any_claimed = False
        with self._bell:
            while True:
                claims = self._turn()
                any_claimed = any_claimed or bool(claims)
                self._in_hand += len(claims)
                for claimed in claims:
                    self._pool.submit(self._post, claimed)
                if not self._in_hand and not self._results:
                    return any_claimed
                self._show()
                self._wait_for_results()

    def _wait_for_results(self) -> None:
        """At least one; and a moment longer for a second, since a turn for two costs hardly more than one for one."""
        self._bell.wait_for(lambda: bool(self._results))
        if self._in_hand > 1:
            self._bell.wait_for(lambda: len(self._results) > 1, _FOR_A_SECOND_RESULT)

    def _turn(self) -> Sequence[Claim]:
        """One turn, again while the database does not answer."""
        results = [self._results.popleft() for _ in range(len(self._results))]
        self._in_hand -= len(results)

        def turn() -> Sequence[Claim]:
            free = 0 if self._process.stop.is_set() else self._settings.send_concurrency - self._in_hand
            attempt_ids = [new_key() for _ in range(free)]
            try:
                return take_turn(
                    self._process.context(),
                    self._issue_id,
                    self._claimant,
                    results,
                    attempt_ids,
                    self._looks_for_dead(),
                )
            except _DATABASE_FAILS:
                # The commit may have come through without word of it. Nothing of these attempts has left.
                results.extend(Result(key, (), _NEVER_LEFT) for key in attempt_ids)
                raise

        return _patiently(turn)

    def _looks_for_dead(self) -> bool:
        """Once a second is often enough, and when hands are idle anyway."""
        due = not self._in_hand or time.monotonic() - self._looked_at > 1.0
        if due:
            self._looked_at = time.monotonic()
        return due

    def _post(self, claimed: Claim) -> None:
        """In a thread of the pool: one request, and its result into the books."""
        deliveries = claimed.copies.deliveries
        try:
            answer = (
                _NEVER_LEFT
                if self._process.stop.is_set()
                else post_claim(self._settings, self._process.transport, claimed)
            )
        except Exception as error:
            log.exception("batch %s: posting failed", claimed.batch_id)
            answer = Answer(Certainty.UNKNOWN, detail=f"the sender failed while posting ({type(error).__name__})")
        log.info("batch %s, %s copies: %s", claimed.batch_id, len(deliveries), answer.detail or answer.certainty)
        self._results.append(Result(claimed.attempt_id, deliveries, answer))
        self._bell.ring()

    def _show(self) -> None:
        if self._progress and time.monotonic() - self._shown_at > _SHOW_EVERY:
            self._shown_at = time.monotonic()
            try:
                self._progress(_progress(self._process.db, self._issue_id))
            except _DATABASE_FAILS as error:
                log.warning("how far it is could not be read (%s)", type(error).__name__)


_BOOKS = "keeping the books"
_NEVER_LEFT = Answer(Certainty.NEVER_LEFT, detail="nothing of it was tried")


def _patiently(ask: Callable[[], _Found]) -> _Found:
    """What it returns, asked again while the database does not answer."""
    started, fault_log = time.monotonic(), FaultLog()
    while True:
        try:
            found = ask()
            fault_log.went_well(_BOOKS)
            return found
        except _DATABASE_FAILS as error:
            if time.monotonic() - started > _PATIENCE:
                raise
            fault_log.failed(_BOOKS, f"failed ({type(error).__name__}); they are asked again")
            pause(_LONGEST_NAP)


def _how_it_stands(db: Database, issue_id: int, stop: threading.Event) -> Ending:
    with db.reading() as session:
        issue = session.get_one(Issue, issue_id)
        waiting = seconds_until_claimable(session, issue_id, database_now(session)) is not None
        paused = issue.stopped_at is not None or (issue.paused_because and issue.paused_until > database_now(session))
        left = batches_in(session, issue_id, BatchState.PENDING, BatchState.CLAIMED) > 0
    if stop.is_set() and left:
        return Ending.INTERRUPTED
    if paused and left:
        return Ending.PAUSED
    return Ending.LATER if waiting else Ending.DONE


def _seconds_to_wait(db: Database, issue_id: int) -> float:
    """Until something can be claimed or a lease runs out; never none at all."""
    with db.reading() as session:
        at = database_now(session)
        seconds = seconds_until_claimable(session, issue_id, at) or 0.0
        issue = session.get_one(Issue, issue_id)
        if pace_of(issue).probing:
            seconds = max(seconds, issue.probe_at - at)
    return max(_SHORTEST_NAP, seconds)


def _send_status(db: Database, issue_id: int) -> SendStatus:
    with db.reading() as session:
        return send_status_of(session, session.get_one(Issue, issue_id))


def _progress(db: Database, issue_id: int) -> Progress:
    with db.reading() as session:
        audience = session.get_one(Issue, issue_id).audience
        return Progress(ended_copies(session, issue_id), audience)
