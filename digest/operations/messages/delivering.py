"""Single messages leave: each is handed to the transport, and what came of it is written down."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.addresses import masked
from digest.mail.monitors import ALERT, post_alert
from digest.mail.outgoing.interface import Answer, Certainty, Single, Transport
from digest.mail.outgoing.making import MakingFault, not_made, tried
from digest.operations.guard.restore_guard import note_claims
from digest.operations.messages.next_message import MOST_TRIES, Claimed, claim_next
from digest.operations.messages.passing_erasures_on import pass_erasures_on
from digest.operations.messages.queue import COPY, LEAVES_NO_TRACE
from digest.operations.messages.taking_back import NOBODY_KNOWS, lock_batch_of, take_back, tell_of_unknown
from digest.operations.shared.context import Context, Work, branded
from digest.storage.base.database import Database, database_now
from digest.storage.messages.form_mail import count_for_mailbox
from digest.storage.messages.messages import MessageState, finish_message, forget_messages, others_wait_for

_LONGEST_WAIT = 3_600.0

log = logging.getLogger(__name__)


def deliver_waiting(db: Database, settings: Settings, transport: Transport, clock: Callable[[], datetime]) -> int:
    """Hand every message that may leave to the transport, until none is left; returns how many were accepted.

    `clock` gives this moment: a long queue takes a while. Safe in any number of threads and processes. What was cut
    short goes again when its claim has run out: a doubled confirmation harms nobody, a lost one loses a reader. A copy
    of an issue is another matter: it never goes again by itself where nobody can know, nor to a reader who left while
    it waited; and it counts as a claim, so that a backup older than it shows as such.
    """
    accepted, sender_name = 0, _sender_name(db, settings)
    while claimed := claim_next(Context(db, settings, clock())):
        _note_claim(db, settings, claimed, clock)
        answer = _handed_over(transport, claimed, sender_name)
        _record(db, settings, claimed, answer, clock())
        accepted += answer.certainty is Certainty.ACCEPTED
    pass_erasures_on(db, settings, transport, clock)
    return accepted


def _note_claim(db: Database, settings: Settings, claimed: Claimed, clock: Callable[[], datetime]) -> None:
    if claimed.claims is None:
        return
    try:
        note_claims(settings, claimed.claims)
    except OSError:
        never_left = Answer(Certainty.NEVER_LEFT, detail="that it leaves could not be noted beside the database")
        _record(db, settings, claimed, never_left, clock())
        raise


def _sender_name(db: Database, settings: Settings) -> str:
    """What the publication is called now: the transport was opened when the process began."""
    with db.reading() as session:
        return branded(session, settings).site_name


def _handed_over(transport: Transport, claimed: Claimed, sender_name: str) -> Answer:
    """What came of one message, whatever happens: the next in the queue can't be made to wait for it."""
    single = tried(lambda: _single_of(claimed, sender_name))
    if isinstance(single, MakingFault):
        return not_made({0: single})
    try:
        if claimed.kind == ALERT:
            return post_alert(claimed.recipient, single.rendered.text)
        return transport.send_single(single)
    except Exception as error:
        log.exception("message %s: handing it over failed", claimed.message_id)
        return Answer(Certainty.UNKNOWN, detail=f"the sender failed while posting ({type(error).__name__})")


def _single_of(claimed: Claimed, sender_name: str) -> Single:
    return Single(
        reference=f"{claimed.message_id:08d}-{claimed.kind}",
        recipient=claimed.recipient,
        rendered=claimed.rendered,
        headers=json.loads(claimed.headers),
        category=claimed.kind,
        at=claimed.queued_at,
        sender_name=sender_name,
    )


def _record(db: Database, settings: Settings, claimed: Claimed, answer: Answer, now: datetime) -> None:
    in_doubt = claimed.kind == COPY and answer.certainty is Certainty.UNKNOWN
    with db.writing() as session:
        values = _what_became(session, claimed, answer, now, in_doubt)
        known = _is_known(session, claimed, answer)
        never_left = values["state"] is MessageState.FAILED and answer.certainty is not Certainty.UNKNOWN
        if never_left or in_doubt:
            lock_batch_of(session, claimed.delivery_id)
        if finish_message(session, claimed.message_id, claimed.owner, **values):
            if never_left:
                take_back(session, now, claimed.message_id, _why(answer))
            elif "finished_at" in values:
                count_for_mailbox(session, claimed.mailbox, now)
            if "finished_at" in values and claimed.kind in LEAVES_NO_TRACE:
                forget_messages(session, [claimed.message_id])
            if in_doubt:
                tell_of_unknown(Work(session, settings, now), claimed.delivery_id, _why(answer))
    _log(claimed, answer, ended=values["state"] is not MessageState.WAITING, known=known)


def _what_became(
    session: Session, claimed: Claimed, answer: Answer, now: datetime, in_doubt: bool
) -> dict[str, object]:
    """The message's new values. One of the form that is tried again isn't due before: nobody shall walk past it."""
    if answer.certainty is Certainty.ACCEPTED:
        return {"state": MessageState.ACCEPTED, "finished_at": now, "detail": ""}
    if in_doubt:
        detail = f"{NOBODY_KNOWS}: {_why(answer)}"[:1000]
        return {"state": MessageState.FAILED, "finished_at": now, "detail": detail}
    hopeless = answer.certainty in (Certainty.OFFENDERS, Certainty.TOO_LARGE) or claimed.tries >= MOST_TRIES
    if hopeless:
        return {"state": MessageState.FAILED, "finished_at": now, "detail": _why(answer)}
    wait = answer.retry_after or min(_LONGEST_WAIT, 5.0 * 2 ** min(claimed.tries - 1, 20))
    later = {"not_before": now + timedelta(seconds=wait)} if claimed.not_before else {}
    return {"state": MessageState.WAITING, "retry_at": database_now(session) + wait, "detail": _why(answer)} | later


def _is_known(session: Session, claimed: Claimed, answer: Answer) -> bool:
    """Whether this failure was said already: of this message, or of another that waits for the same reason."""
    if answer.certainty is Certainty.ACCEPTED:
        return False
    return claimed.detail == _why(answer) or others_wait_for(session, claimed.message_id, _why(answer))


def _log(claimed: Claimed, answer: Answer, ended: bool, known: bool) -> None:
    """What came of it: of many tries, of many messages, that fail for one cause the first; and every end."""
    to = "ALERT_URL" if claimed.kind == ALERT else masked(claimed.recipient)
    if answer.certainty is Certainty.ACCEPTED:
        if claimed.tries > 1:
            log.warning("message %s to %s: it went, at try %s", claimed.message_id, to, claimed.tries)
    elif ended or not known:
        goes_on = "" if ended else "; it is tried again, and this is said once for all that wait for it"
        log.warning("message %s to %s: %s%s", claimed.message_id, to, _why(answer), goes_on)


def _why(answer: Answer) -> str:
    return (next(iter(answer.offenders.values()), "") or answer.detail or answer.certainty)[:1000]
