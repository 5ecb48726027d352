"""The next message of the form that may leave: in order, so many an hour in all, an hour apart for each mailbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.tokens import fingerprint
from digest.operations import signup_caps
from digest.storage.database import one_at_a_time
from digest.storage.form_mail import claim_form_mail, form_mail_since
from digest.storage.messages import Message, give_up_message
from digest.storage.suppressions import is_suppressed

_SUPPRESSED = "its address was suppressed before it was sent"


def claim_next_form_mail(
    session: Session, settings: Settings, now: datetime, owner: str, at: float, lease: float
) -> Message | None:
    """What the form caused goes last, in order, and only so much of it an hour, in all processes together.

    Messages for one mailbox were planned an hour apart; where the brake held them back, they leave so, too. An address
    that was suppressed while they waited gets none.
    """
    one_at_a_time(session, "form mail")
    if form_mail_since(session, now - signup_caps.HOUR) >= signup_caps.IN_ALL_HOUR:
        return None
    since = now - signup_caps.HOUR if signup_caps.braked_since(session) else now
    while message := claim_form_mail(session, owner, at, lease, now, since):
        if not is_suppressed(session, fingerprint(message.recipient, settings.suppression_key)):
            return message
        session.flush()
        give_up_message(session, message, now, _SUPPRESSED)
    return None
