"""Erasures are passed on to SendGrid, in few jobs of many addresses, when no mail waits any more, and to the outbox.

Told until it answers. Whoever shut an account's door to that hears of it once, not once for each reader.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from digest.config import Settings
from digest.domain.running.alerts import AlertKind, cause, mark_of
from digest.domain.shared.tokens import new_key
from digest.mail.folder.outbox_files import erase_copies
from digest.mail.outgoing.interface import Answer, Certainty, Transport
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.shared.context import Work
from digest.storage.base.database import Database, database_now
from digest.storage.messages.erasures import (
    claim_erasures,
    erasures_taken_on,
    put_erasures_off,
    renew_claim_of_erasures,
)

IN_ONE_JOB = 5_000
"""What one job of SendGrid's takes."""
_LEASE_SECONDS = 120.0
_LONGEST_WAIT = 3_600.0
_MOST_TRIES = 30
_TRIED_WITHIN = timedelta(hours=2)
_OF_WHAT_IT_SAYS = (400, 413, 422)
"""Answers to what a job says, and so perhaps to a single address in it: one that is refused fails the whole."""
_MOST_REQUESTS = 64
"""Of one claim. To find one among 5,000 takes 26; where SendGrid refuses everything, the rest waits."""

log = logging.getLogger(__name__)


def pass_erasures_on(db: Database, settings: Settings, transport: Transport, clock: Callable[[], datetime]) -> None:
    """Have SendGrid erase what is due. A job that isn't taken on ends the round, since the next would fare alike; one
    that is refused for what it says is halved, until only those wait that SendGrid refuses.

    Cut short, its addresses are told again when the claim has run out, which does no harm.
    """
    while (job := _claimed(db, settings, transport, clock)) and job.pass_on():
        pass


def _claimed(db: Database, settings: Settings, transport: Transport, clock: Callable[[], datetime]) -> _Job | None:
    owner = new_key()
    with db.writing() as session:
        claimed = claim_erasures(session, owner, database_now(session), _LEASE_SECONDS, IN_ONE_JOB)
        erased_at = {one.recipient: one.created_at for one in claimed}  # the oldest first, so the last one counts
        tries = {one.recipient: one.tries for one in sorted(claimed, key=lambda one: one.tries)}
    return _Job(db, settings, transport, clock, owner, erased_at, tries) if claimed else None


@dataclass(frozen=True)
class _Job:
    """Addresses under one claim, by their tries and the moment of their erasure."""

    db: Database
    settings: Settings
    transport: Transport
    clock: Callable[[], datetime]
    owner: str
    erased_at: Mapping[str, datetime]
    tries: Mapping[str, int]

    def pass_on(self) -> bool:
        """Pass on what SendGrid takes; False where a next job would fare no better."""
        parts = [sorted(self.erased_at)]
        for _ in range(_MOST_REQUESTS):
            part = parts.pop()
            answer = self._handed_over(part)
            if answer.certainty is Certainty.ACCEPTED:
                with self.db.writing() as session:
                    erasures_taken_on(session, self.owner, part)
            elif answer.status not in _OF_WHAT_IT_SAYS:
                self._put_off([*part, *chain(*parts)], answer)
                return False
            elif len(part) > 1:
                half = len(part) // 2
                parts += [part[half:], part[:half]]
            else:
                self._put_off(part, answer)
            if not parts:
                return True
        self._put_off(list(chain(*parts)), answer)
        return False

    def _handed_over(self, part: Sequence[str]) -> Answer:
        """The folder of the outbox is emptied of them whatever the transport: trials may have filled it."""
        try:
            with self.db.writing() as session:
                renew_claim_of_erasures(session, self.owner, database_now(session) + _LEASE_SECONDS)
            erase_copies(self.settings.outbox_path, {address: self.erased_at[address] for address in part})
            return self.transport.erase(part)
        except OSError as error:
            reason = error.strerror or error
            return Answer(Certainty.RETRY, detail=f"the outbox folder can’t be emptied: {reason}")
        except Exception as error:
            log.exception("passing %s erasures on failed", len(part))
            return Answer(Certainty.UNKNOWN, detail=f"passing it on failed ({type(error).__name__})")

    def _put_off(self, part: Sequence[str], answer: Answer) -> None:
        why = (answer.detail or answer.certainty)[:1000]
        tries = max(self.tries[address] for address in part)
        wait = answer.retry_after or min(_LONGEST_WAIT, 5.0 * 2 ** min(tries - 1, 20))
        with self.db.writing() as session:
            put_erasures_off(session, self.owner, part, database_now(session) + wait, why)
            if tries >= _MOST_TRIES:
                _alert(Work(session, self.settings, self.clock()), len(part), why)
        log.warning("%s erasures were not taken on, and are tried again: %s", len(part), why)


def _alert(work: Work, addresses: int, why: str) -> None:
    """An erasure must reach whoever processes for us: where it does not for a day, a person has to look."""
    words = [
        f"Readers erased everything, and SendGrid has not taken that on in {_MOST_TRIES} tries: {why}. "
        f"{addresses:,} {'address waits' if addresses == 1 else 'addresses wait'}.",
        "It is tried once an hour until it has. The key needs the permission “recipients.erasejob.create”. "
        "An admin sees which wait, and can erase them at SendGrid by hand and say so, under Subscribers.",
    ]
    link = ("See which wait", f"{work.settings.site_url}/desk/subscribers/erasures")
    which = cause(AlertKind.ERASURES, mark_of(why))
    sight(work, Sighting(which, "SendGrid has not taken on an erasure", words, link, good_for=_TRIED_WITHIN))
