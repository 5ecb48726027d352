"""The next message of the form that may leave: in order, so many an hour in all, an hour apart for each mailbox."""

from __future__ import annotations

from datetime import timedelta

from digest.domain.shared.tokens import fingerprint
from digest.operations.messages import signup_caps
from digest.operations.messages.queue import CONFIRMATION, MOVE, OWN_PAGE, REMINDER, RETURNED
from digest.operations.shared.context import Work
from digest.storage.base.database import one_at_a_time
from digest.storage.messages.form_mail import claim_form_mail, form_mail_since
from digest.storage.messages.messages import Message, give_up_message
from digest.storage.readers.reader_links import link_lives
from digest.storage.readers.subscribers import SubscriberState, subscriber_with_address
from digest.storage.suppressions.suppressions import never_mailed

_APART = signup_caps.HOUR - timedelta(minutes=1)
"""Between two for one mailbox: they were planned an hour apart, and the first takes a moment to leave."""
_MOST_ENDED = 200
"""In one transaction; what is left over ends in the next round."""
_SUPPRESSED = "its address was suppressed before it was sent"
_CONFIRMED = "its reader had confirmed before it was sent"
_LEFT = "its reader had left before it was sent"
_DEAD_LINK = "its link had expired before it was sent"


def claim_next_form_mail(work: Work, owner: str, at: float, lease: float) -> Message | None:
    """What the form caused goes last, in order, and only so much of it an hour, in all processes together.

    However long it had to wait, a mailbox gets its messages an hour apart. One that is no longer true ends here.
    """
    one_at_a_time(work.session, "form mail")
    if form_mail_since(work.session, work.now - signup_caps.HOUR) >= signup_caps.IN_ALL_HOUR:
        return None
    for _ in range(_MOST_ENDED):
        message = claim_form_mail(work.session, owner, at, lease, work.now, work.now - _APART)
        reason = _reason_to_end(work, message) if message else ""
        if message is None or not reason:
            return message
        work.session.flush()
        give_up_message(work.session, message, work.now, reason)
    return None


def _reason_to_end(work: Work, message: Message) -> str:
    """Why this message may not leave any more, by who its reader is now; empty if it may."""
    session = work.session
    if never_mailed(session, fingerprint(message.recipient, work.settings.suppression_key)):
        return _SUPPRESSED
    if message.kind in (OWN_PAGE, MOVE):
        return "" if link_lives(session, message.subscriber_id, message.created_at, work.now) else _DEAD_LINK
    reader = subscriber_with_address(session, message.recipient)
    confirmed = reader is not None and reader.state == SubscriberState.CONFIRMED
    if message.kind in (REMINDER, RETURNED):
        return "" if confirmed else _LEFT
    if message.kind != CONFIRMATION or reader is None:
        return ""
    if confirmed:
        return _CONFIRMED
    # Its link is from before the reader left, and leaving is the later word (`subscribing.link_state`).
    return _LEFT if reader.unsubscribed_at and message.created_at < reader.unsubscribed_at else ""
