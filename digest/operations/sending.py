"""Sending a frozen issue: claim a batch, post it, record what is certain. Safe in any number of processes.

The attempt is committed before any byte leaves, and its outcome is fenced by the attempt's own id: whoever comes back
late finds the attempt judged and changes nothing.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.config import Settings
from digest.mail.outbox import Answer, Outbox
from digest.operations.claiming import Claim, claim
from digest.operations.posting import bulk_of
from digest.operations.recording import finish_if_done, record
from digest.operations.waiting import pause
from digest.storage.batches import BatchState, batches_in, ended_copies, seconds_until_claimable
from digest.storage.database import Database, database_now
from digest.storage.deliveries import Account, account_of
from digest.storage.issues import Issue

log = logging.getLogger(__name__)

_LONGEST_NAP = 1.0


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
    db: Database,
    settings: Settings,
    outbox: Outbox,
    issue_id: int,
    stop: threading.Event,
    clock: Callable[[], datetime],
    wait: bool = True,
    progress: Callable[[Progress], None] | None = None,
) -> Ending:
    """Send what is left of a frozen issue, SEND_CONCURRENCY requests at a time.

    With `wait`, comes back when nothing is left to do or to wait for (retries, other senders' leases), but never
    waits for settling; without, as soon as nothing can be claimed now. `stop` ends it after the requests in hand.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}"
    while True:
        _claim_all(db, settings, outbox, issue_id, owner, stop, clock, progress)
        ending = _how_it_stands(db, issue_id, stop)
        if ending is not Ending.LATER:
            finish_if_done(db, settings, clock(), issue_id)
            return ending
        if not wait:
            return ending
        pause(_nap(db, issue_id))


def account(db: Database, issue_id: int) -> Account:
    """Where every copy of the issue is."""
    with db.reading() as session:
        return account_of(session, session.get_one(Issue, issue_id))


def _claim_all(
    db: Database,
    settings: Settings,
    outbox: Outbox,
    issue_id: int,
    owner: str,
    stop: threading.Event,
    clock: Callable[[], datetime],
    progress: Callable[[Progress], None] | None,
) -> None:
    def work() -> None:
        while not stop.is_set():
            claimed = claim(db, clock(), issue_id, owner)
            if claimed is None:
                return
            record(db, settings, clock(), claimed, _post(outbox, settings, claimed))
            if progress:
                progress(_progress(db, issue_id))

    with ThreadPoolExecutor(settings.send_concurrency, "sender") as pool:
        for future in [pool.submit(work) for _ in range(settings.send_concurrency)]:
            future.result()


def _post(outbox: Outbox, settings: Settings, claimed: Claim) -> Answer:
    answer = outbox.send_bulk(bulk_of(settings, claimed))
    log.info("batch %s, %s copies: %s", claimed.batch_id, len(claimed.copies), answer.detail or answer.certainty)
    return answer


def _how_it_stands(db: Database, issue_id: int, stop: threading.Event) -> Ending:
    with db.reading() as session:
        issue = session.get_one(Issue, issue_id)
        waiting = seconds_until_claimable(session, issue_id, database_now(session)) is not None
        paused = issue.stopped_at is not None or issue.paused_until > database_now(session)
        left = batches_in(session, issue_id, BatchState.PENDING, BatchState.CLAIMED) > 0
    if stop.is_set() and left:
        return Ending.INTERRUPTED
    if paused and left:
        return Ending.PAUSED
    return Ending.LATER if waiting else Ending.DONE


def _nap(db: Database, issue_id: int) -> float:
    with db.reading() as session:
        seconds = seconds_until_claimable(session, issue_id, database_now(session))
    return min(_LONGEST_NAP, max(0.02, seconds or 0.0))


def _progress(db: Database, issue_id: int) -> Progress:
    with db.reading() as session:
        audience = session.get_one(Issue, issue_id).audience
        return Progress(ended_copies(session, issue_id), audience)
