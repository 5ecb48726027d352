"""Erasures are passed on to SendGrid, in few jobs of many addresses, when no mail waits any more, and to the outbox.

Told until it answers. Whoever shut an account's door to that hears of it once, not once for each reader.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from digest.config import Settings
from digest.domain.running.alerts import AlertKind, cause, mark_of
from digest.domain.shared.tokens import new_key
from digest.mail.folder.outbox_files import erase_copies
from digest.mail.outgoing.interface import Answer, Certainty, Transport
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.shared.context import Work
from digest.storage.base.database import Database, database_now
from digest.storage.messages.erasures import claim_erasures, erasures_taken_on, put_erasures_off

IN_ONE_JOB = 5_000
"""What one job of SendGrid's takes."""
_LEASE_SECONDS = 120.0
_LONGEST_WAIT = 3_600.0
_MOST_TRIES = 30
_TRIED_WITHIN = timedelta(hours=2)

log = logging.getLogger(__name__)


def pass_erasures_on(db: Database, settings: Settings, transport: Transport, clock: Callable[[], datetime]) -> None:
    """Have SendGrid erase what is due. One job that isn't taken on ends the round: the next would fare alike.

    Cut short, its addresses are told again when the claim has run out, which does no harm.
    """
    while _pass_one_job_on(db, settings, transport, clock):
        pass


def _pass_one_job_on(db: Database, settings: Settings, transport: Transport, clock: Callable[[], datetime]) -> bool:
    owner = new_key()
    with db.writing() as session:
        claimed = claim_erasures(session, owner, database_now(session), _LEASE_SECONDS, IN_ONE_JOB)
        erased_at = {one.recipient: one.created_at for one in claimed}  # the oldest first, so the last one counts
        tries = max((one.tries for one in claimed), default=0)
    if not erased_at:
        return False
    answer = _handed_over(settings, transport, erased_at)
    with db.writing() as session:
        if answer.certainty is Certainty.ACCEPTED:
            erasures_taken_on(session, owner)
            return True
        why = (answer.detail or answer.certainty)[:1000]
        wait = answer.retry_after or min(_LONGEST_WAIT, 5.0 * 2 ** min(tries - 1, 20))
        put_erasures_off(session, owner, database_now(session) + wait, why)
        if tries >= _MOST_TRIES:
            _alert(Work(session, settings, clock()), len(erased_at), why)
    log.warning("%s erasures were not taken on, and are tried again: %s", len(erased_at), why)
    return False


def _handed_over(settings: Settings, transport: Transport, erased_at: Mapping[str, datetime]) -> Answer:
    """The folder of the outbox is emptied of them whatever the transport: trials may have filled it."""
    try:
        erase_copies(settings.outbox_path, erased_at)
        return transport.erase(sorted(erased_at))
    except OSError as error:
        return Answer(Certainty.RETRY, detail=f"the outbox folder can’t be emptied: {error.strerror or error}")
    except Exception as error:
        log.exception("passing %s erasures on failed", len(erased_at))
        return Answer(Certainty.UNKNOWN, detail=f"passing it on failed ({type(error).__name__})")


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
