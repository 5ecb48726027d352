"""Single messages: put in the queue with the change that causes them, handed to the outbox afterwards."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.addresses import masked
from digest.domain.calendar import day_and_year
from digest.domain.tokens import fingerprint, new_key
from digest.mail.making import Fault, not_made, tried
from digest.mail.monitors import ALERT, Alert
from digest.mail.outbox import Answer, Certainty, Outbox, Single
from digest.mail.rendering import Rendered, render_notice
from digest.mail.transports import identity_of
from digest.operations import signup_caps
from digest.operations.epoch import note_claims
from digest.operations.links import desk_subscriber_url
from digest.operations.taking_back import NOBODY_KNOWS, hold_still, note_doubt, take_back
from digest.storage.database import Database, database_now, one_at_a_time
from digest.storage.editors import active_editors
from digest.storage.form_mail import claim_form_mail, form_mail_since
from digest.storage.installations import count_claims
from digest.storage.messages import (
    Message,
    MessageState,
    Turn,
    abandoned_messages,
    claim_message,
    finish_message,
    give_up_message,
    others_wait_for,
    queue_message,
    waiting_for_those_who_left,
)
from digest.storage.suppressions import is_suppressed

COPY = "digest"
"""The kind of a message that is a reader's copy of an issue, sent again as an exception."""
LEASE_SECONDS = 60.0
_LEFT = "its reader left before it was sent"
_SUPPRESSED = "its address was suppressed before it was sent"
_LONGEST_WAIT = 3_600.0
_MOST_TRIES = 30
_NO_REPORT = f"it was tried {_MOST_TRIES} times, and its senders did not report back"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Claimed:
    message_id: int
    owner: str
    tries: int
    kind: str
    recipient: str
    rendered: Rendered
    headers: str
    """As stored: JSON."""
    queued_at: datetime
    delivery_id: int | None
    """Of a reader's copy that is sent again: which."""
    detail: str
    """Why the try before this one failed; empty at the first."""


def post(
    session: Session,
    now: datetime,
    kind: str,
    recipient: str,
    rendered: Rendered,
    headers: Mapping[str, str] | None = None,
    subscriber_id: int | None = None,
    turn: Turn | None = None,
) -> Message:
    """Queue a message in the caller's transaction: it leaves if and only if that transaction is committed.

    One that the form causes has a `turn`, before which it doesn't leave.
    """
    automatic = {"Auto-Submitted": "auto-generated"}  # RFC 3834, section 5: so that no out-of-office answers us
    parts = (rendered.subject, rendered.text, rendered.html)
    return queue_message(session, now, kind, recipient, parts, automatic | dict(headers or {}), subscriber_id, turn)


def tell_editors(
    session: Session,
    settings: Settings,
    now: datetime,
    heading: str,
    paragraphs: Sequence[str],
    link: tuple[str, str] | None = None,
) -> None:
    """Queue a notice to every active editor, and an alert to ALERT_URL. `link` is a label and an address."""
    rendered = render_notice(identity_of(settings), heading, paragraphs, link)
    for editor in active_editors(session):
        post(session, now, "notice", editor.email, rendered)
    tell_operator(session, settings, now, heading, paragraphs, link[1] if link else settings.site_url)


def tell_operator(
    session: Session, settings: Settings, now: datetime, heading: str, paragraphs: Sequence[str], link: str
) -> None:
    """Queue an alert to ALERT_URL alone, where one is set: for what mail can't tell, since it is what is broken."""
    if settings.alert_url:
        alert = Alert(settings.site_url, heading, " ".join(paragraphs), link)
        queue_message(session, now, ALERT, settings.alert_url, (heading, alert.as_json(), ""))


def deliver_waiting(db: Database, settings: Settings, outbox: Outbox, now: datetime) -> int:
    """Hand every message that may leave now to the outbox; returns how many were accepted.

    Safe in any number of threads and processes. What was cut short goes again when its claim has run out: a doubled
    confirmation harms nobody, a lost one loses a reader. A copy of an issue is another matter: it never goes again by
    itself where nobody can know, nor to a reader who left while it waited; and it counts as a claim, so that a backup
    older than it shows as such.
    """
    accepted = 0
    while claimed := _claim(db, settings, now):
        answer = _handed_over(outbox, claimed)
        _record(db, settings, claimed, answer, now)
        accepted += answer.certainty is Certainty.ACCEPTED
    return accepted


def _claim(db: Database, settings: Settings, now: datetime) -> _Claimed | None:
    with db.writing() as session:
        owner, at = new_key(), database_now(session)
        for lost in abandoned_messages(session, COPY, at):
            hold_still(session, lost.delivery_id)
            if give_up_message(session, lost, now, NOBODY_KNOWS):
                _tell_of_doubt(session, settings, now, lost.delivery_id, "whoever sent it did not report back")
        for left in waiting_for_those_who_left(session, COPY):
            hold_still(session, left.delivery_id)
            if give_up_message(session, left, now, _LEFT):
                take_back(session, now, left.id, _LEFT)
        message = _claimable(session, settings, now, owner, at)
        if message is None:
            return None
        count = count_claims(session, 1) if message.kind == COPY else None
        claimed = _Claimed(
            message.id,
            owner,
            message.tries,
            message.kind,
            message.recipient,
            Rendered(message.subject, message.text, message.html),
            message.headers,
            message.created_at,
            message.delivery_id,
            message.detail,
        )
    if count:
        try:
            note_claims(settings, count)
        except OSError:
            never_left = Answer(Certainty.NEVER_LEFT, detail="that it leaves could not be noted beside the database")
            _record(db, settings, claimed, never_left, now)
            raise
    return claimed


def _claimable(session: Session, settings: Settings, now: datetime, owner: str, at: float) -> Message | None:
    """The next message, claimed. One that was claimed too often without a word of what came of it ends here: whatever
    keeps its senders from reporting back may well be the message.
    """
    while message := _next(session, settings, now, owner, at):
        if message.tries <= _MOST_TRIES:
            return message
        log.warning("message %s: %s", message.id, _NO_REPORT)
        finish_message(session, message.id, owner, state=MessageState.FAILED, finished_at=now, detail=_NO_REPORT)
    return None


def _next(session: Session, settings: Settings, now: datetime, owner: str, at: float) -> Message | None:
    message = claim_message(session, owner, at, LEASE_SECONDS)
    return message or _claim_form_mail(session, settings, now, owner, at)


def _claim_form_mail(session: Session, settings: Settings, now: datetime, owner: str, at: float) -> Message | None:
    """What the form caused goes last, in order, and only so much of it an hour, in all processes together.

    Messages for one mailbox were planned an hour apart; where the brake held them back, they leave so, too. An address
    that was suppressed while they waited gets none.
    """
    one_at_a_time(session, "form mail")
    if form_mail_since(session, now - signup_caps.HOUR) >= signup_caps.IN_ALL_HOUR:
        return None
    since = now - signup_caps.HOUR if signup_caps.braked_since(session) else now
    while message := claim_form_mail(session, owner, at, LEASE_SECONDS, now, since):
        if not is_suppressed(session, fingerprint(message.recipient, settings.suppression_key)):
            return message
        session.flush()
        give_up_message(session, message, now, _SUPPRESSED)
    return None


def _handed_over(outbox: Outbox, claimed: _Claimed) -> Answer:
    """What came of one message, whatever happens: the next in the queue can't be made to wait for it."""
    single = tried(lambda: _single_of(claimed))
    if isinstance(single, Fault):
        return not_made({0: single})
    try:
        return outbox.send_single(single)
    except Exception as error:
        log.exception("message %s: handing it over failed", claimed.message_id)
        return Answer(Certainty.UNKNOWN, detail=f"the sender failed while posting ({type(error).__name__})")


def _single_of(claimed: _Claimed) -> Single:
    return Single(
        reference=f"{claimed.message_id:08d}-{claimed.kind}",
        recipient=claimed.recipient,
        rendered=claimed.rendered,
        headers=json.loads(claimed.headers),
        category=claimed.kind,
        at=claimed.queued_at,
    )


def _record(db: Database, settings: Settings, claimed: _Claimed, answer: Answer, now: datetime) -> None:
    in_doubt = claimed.kind == COPY and answer.certainty is Certainty.UNKNOWN
    with db.writing() as session:
        if answer.certainty is Certainty.ACCEPTED:
            values: dict[str, object] = {"state": MessageState.ACCEPTED, "finished_at": now, "detail": ""}
        elif in_doubt:
            detail = f"{NOBODY_KNOWS}: {_why(answer)}"[:1000]
            values = {"state": MessageState.FAILED, "finished_at": now, "detail": detail}
        elif answer.certainty in (Certainty.OFFENDERS, Certainty.TOO_LARGE) or claimed.tries >= _MOST_TRIES:
            values = {"state": MessageState.FAILED, "finished_at": now, "detail": _why(answer)}
        else:
            wait = answer.retry_after or min(_LONGEST_WAIT, 5.0 * 2 ** (claimed.tries - 1))
            values = {
                "state": MessageState.WAITING,
                "retry_at": database_now(session) + wait,
                "detail": _why(answer),
            }
        known = claimed.detail == _why(answer) or others_wait_for(session, claimed.message_id, _why(answer))
        never_left = values["state"] is MessageState.FAILED and answer.certainty is not Certainty.UNKNOWN
        if never_left or in_doubt:
            hold_still(session, claimed.delivery_id)
        if finish_message(session, claimed.message_id, claimed.owner, **values):
            if never_left:
                take_back(session, now, claimed.message_id, _why(answer))
            if in_doubt:
                _tell_of_doubt(session, settings, now, claimed.delivery_id, _why(answer))
    _log(claimed, answer, ended=values["state"] is not MessageState.WAITING, known=known)


def _log(claimed: _Claimed, answer: Answer, ended: bool, known: bool) -> None:
    """What came of it: of many tries, of many messages, that fail for one cause the first; and every end."""
    to = "ALERT_URL" if claimed.kind == ALERT else masked(claimed.recipient)
    if answer.certainty is Certainty.ACCEPTED:
        if claimed.tries > 1:
            log.warning("message %s to %s: it went, at try %s", claimed.message_id, to, claimed.tries)
    elif ended or not known:
        goes_on = "" if ended else "; it is tried again, and this is said once for all that wait for it"
        log.warning("message %s to %s: %s%s", claimed.message_id, to, _why(answer), goes_on)


def _tell_of_doubt(session: Session, settings: Settings, now: datetime, delivery_id: int | None, why: str) -> None:
    copy = note_doubt(session, now, delivery_id, why)
    if copy is None or copy.subscriber_id is None:
        return
    tell_editors(
        session,
        settings,
        now,
        "A copy sent again may not have left",
        [f"Delivery {copy.delivery_id} of the issue of {day_and_year(copy.issue_date)} was sent again to its reader "
         f"alone, and {NOBODY_KNOWS}: {why}.",
         "It does not go again by itself. Look in SendGrid’s Activity; if it did not leave, an admin can send it again "
         "from the reader’s page."],
        ("See the reader’s copies (for admins)", desk_subscriber_url(settings, copy.subscriber_id)),
    )  # fmt: skip


def _why(answer: Answer) -> str:
    return (next(iter(answer.offenders.values()), "") or answer.detail or answer.certainty)[:1000]
