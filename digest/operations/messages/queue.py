"""Single messages: put in the queue with the change that causes them; `delivering` hands them to the transport.

Once that change is committed, the postman of this process hears of it. What a stranger causes is written quietly
instead: the time of the request after it must not tell whether there was a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.running.alerts import AlertState
from digest.domain.shared.tokens import new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import Rendered, render_notice
from digest.mail.monitors import ALERT, AlertPost
from digest.operations.shared.context import Work
from digest.storage.base.database import database_now
from digest.storage.messages.messages import ERASURE, Message, Turn, queue_message
from digest.storage.people.editors import active_editors

COPY = "digest"
"""The kind of a message that is a reader's copy of an issue, sent again as an exception."""
CONFIRMATION, REMINDER = "confirmation", "already_subscribed"
"""The kinds of what the form causes: the link that confirms, and what tells a reader that they are subscribed."""
RETURNED = "returned"
"""The kind of what tells a reader that their leaving was undone."""
OWN_PAGE = "own_page"
"""The kind of what the form on the privacy page causes: the link to a reader's own page."""
WELCOME = "welcome"
"""The kind of what greets a reader who has just confirmed: the latest issue."""
MOVE, MOVED = "move", "moved"
"""The kinds of what moves a reader: the link to the new address, and what tells the old one."""
CORRECTED = "corrected"
"""The kind of what tells a reader that an admin has corrected their address."""
RECEIPT = "erased"
"""The kind of what tells a reader that everything is erased."""
_ERASED_AFTER = 3_600.0
LEAVES_NO_TRACE = frozenset((RECEIPT, WELCOME))
"""Kinds that are deleted as soon as they have gone: of an erased address nothing else is here any more, and a welcome
is as large as an issue."""


def post(  # noqa: PLR0913 - the message, most of it by name
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


def pass_erasure_on(work: Work, addresses: Iterable[str]) -> None:
    """Have addresses erased where mail goes, too: at SendGrid later, so that it covers what is on its way, and in the
    outbox folder as soon as nothing is.
    """
    for address in addresses:
        message = queue_message(work.session, work.now, ERASURE, address, ("", "", ""))
        if work.settings.mail_transport == "sendgrid":
            message.retry_at = database_now(work.session) + _ERASED_AFTER


@dataclass(frozen=True)
class Telling:
    """What is told of which cause."""

    cause: str
    state: AlertState


ONCE = Telling("notice", AlertState.BEGUN)
"""A notice: told once, and never over."""


def tell_editors(
    work: Work,
    heading: str,
    paragraphs: Sequence[str],
    link: tuple[str, str] | None = None,
    told: Telling = ONCE,
) -> None:
    """Queue a notice to every active editor, and an alert to ALERT_URL. `link` is a label and an address.

    What lasts is told by `alerting.sight` instead.
    """
    rendered = render_notice(identity_of(work.settings), heading, paragraphs, link)
    for editor in active_editors(work.session):
        post(work.session, work.now, "notice", editor.email, rendered)
    tell_operator(work, heading, paragraphs, link[1] if link else work.settings.site_url, told)


def tell_operator(work: Work, heading: str, paragraphs: Sequence[str], link: str, told: Telling = ONCE) -> None:
    """Queue an alert to ALERT_URL alone, where one is set: for what mail can't tell, since it is what is broken."""
    if work.settings.alert_url:
        alert = alert_of(work.settings, heading, paragraphs, link, told)
        queue_message(work.session, work.now, ALERT, work.settings.alert_url, (heading, alert.as_json(), ""))


def alert_of(settings: Settings, heading: str, paragraphs: Sequence[str], link: str, told: Telling) -> AlertPost:
    """An alert as it is POSTed, with an id of its own."""
    return AlertPost(settings.site_url, heading, " ".join(paragraphs), link, new_key(), told.cause, told.state)
