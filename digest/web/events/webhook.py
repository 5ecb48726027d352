"""Where SendGrid reports what became of our mail: POST /events/sendgrid, signed. No session, no cookie, no form.

The answer comes when the events are on disk. Anything but 2xx, and SendGrid tries again for 24 hours.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge

from digest.mail.sendgrid.account import AccountChange, account_changes
from digest.mail.sendgrid.events import SIGNATURE, TIMESTAMP, Event, NotEvents, is_recent, is_sendgrids, parse
from digest.operations.events.feedback import take_events
from digest.operations.events.sendgrid_status import take_account_changes
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.base.patience import Busy
from digest.web.shared.context import here, now, site
from digest.web.shared.security import csrf
from digest.web.shared.unsaved import note_unsaved, try_later

LARGEST_BODY = 2 * 1024 * 1024
"""In bytes. SendGrid says that it posts up to 768 kB at a time."""

log = logging.getLogger(__name__)

_events = Blueprint("events", __name__)


def hang_up(app: Flask) -> None:
    """Register the webhook."""
    csrf.exempt(_events)
    app.register_blueprint(_events)


@_events.post("/events/sendgrid")
def sendgrid() -> Response:
    """Take a POST of events. 204: they are stored, or none of our business; 503: come again."""
    key = site().settings.sendgrid_webhook_key
    if not key:
        return _answer(404, "No events are taken here: SENDGRID_WEBHOOK_KEY is not set.")
    signature, timestamp = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
    if not signature or not is_recent(timestamp, now()):
        return _answer(403, "This is not signed, or not signed today.")
    request.max_content_length = LARGEST_BODY
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        return _answer(413, f"At most {LARGEST_BODY} bytes at a time.")
    if not is_sendgrids(body, signature, timestamp, key):
        return _answer(403, "The signature is not SendGrid’s, or the body was changed on its way.")
    try:
        events = parse(body, now())
    except NotEvents as error:
        return _answer(400, f"This is no array of events: {error}.")
    return _take(events, account_changes(body, now()))


def _take(events: list[Event], changes: list[AccountChange]) -> Response:
    try:
        take_events(here(), events)
        take_account_changes(here(), changes)
    except Busy as error:
        note_unsaved(error)
        return try_later(_answer(503, "The database is busy. Try again."))
    except (SQLAlchemyError, OSError) as error:
        if not isinstance(error, DatabaseFileGone):  # which was said when it was noticed
            log.exception("%s events could not be stored (%s); SendGrid tries again", len(events), type(error).__name__)
        return _answer(503, "The events could not be stored. Try again.")
    return _answer(204)


def _answer(status: int, words: str = "") -> Response:
    response = Response(f"{words}\n" if words else b"", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
