"""Where SendGrid's Inbound Parse posts newsletters: POST /events/inbound/<key>. No session, no cookie, no form.

The key in the address is the authority; SendGrid signs nothing here. Answers of 5xx are tried again for three days.
"""

from __future__ import annotations

import logging
import re
from datetime import timedelta

from flask import Blueprint, Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.newsletters.mails import FIELDS, newsletter_in
from digest.operations.sources.receiving import MOST_A_DAY, Receipt, receive
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.base.patience import Busy
from digest.storage.sources.newsletters import received_since, source_for_mail
from digest.web.serving.limits import LARGEST_BODY
from digest.web.shared.context import end_reading, here, now, reading
from digest.web.shared.security import csrf
from digest.web.shared.unsaved import note_unsaved, try_later

_KEY = re.compile(r"[0-9a-f]{32}")
_MOST_PARTS = 1_000
_NOBODYS = "Nothing is received here."
_IN_WORDS = {
    Receipt.KEPT: (200, "Received."),
    Receipt.KNOWN: (200, "This message is here already."),
    Receipt.TOO_MANY: (200, "Left: too many messages came to this address within a day."),
    Receipt.NOBODYS: (404, _NOBODYS),
}

log = logging.getLogger(__name__)

_inbound = Blueprint("inbound", __name__)


def hang_up(app: Flask) -> None:
    """Register the door."""
    csrf.exempt(_inbound)
    app.register_blueprint(_inbound)


@_inbound.post("/events/inbound/<key>")
def receive_newsletter(key: str) -> Response:
    """Take a message. 200: it is kept, or need not be; 400: there is none in it; 503: come again."""
    source = source_for_mail(reading(), [key]) if _KEY.fullmatch(key) else None
    if source is None:
        return _answer(404, _NOBODYS)
    if received_since(reading(), source.id, now() - timedelta(days=1)) >= MOST_A_DAY:
        return _too_many()  # before any work on it
    end_reading()
    try:
        body = request.get_data(cache=False)
        mail = newsletter_in(_fields(body, request.mimetype_params.get("boundary", "")))
    except RequestEntityTooLarge:
        return _answer(413, f"At most {LARGEST_BODY} bytes at a time.")
    except UnreadableDocument as error:
        return _answer(400, str(error))
    try:
        receipt = receive(here(), key, mail)
    except Busy as error:
        note_unsaved(error)
        return try_later(_answer(503, "The database is busy. Try again."))
    except (SQLAlchemyError, OSError) as error:
        if not isinstance(error, DatabaseFileGone):  # which was said when it was noticed
            log.exception("a newsletter could not be stored (%s); SendGrid tries again", type(error).__name__)
        return _answer(503, "The message could not be stored. Try again.")
    return _too_many() if receipt is Receipt.TOO_MANY else _answer(*_IN_WORDS[receipt])


def _too_many() -> Response:
    log.warning("a newsletter’s address got too many messages within a day; the rest are left")
    return _answer(*_IN_WORDS[Receipt.TOO_MANY])


def _fields(body: bytes, boundary: str) -> dict[str, bytes]:
    """The fields of a form that a message is read from, byte for byte: each may be in an encoding of its own."""
    if not boundary:
        raise UnreadableDocument("This is no multipart/form-data, which Inbound Parse posts.")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=_MOST_PARTS)
    found: dict[str, list[bytes]] = {}
    wanted: list[bytes] | None = None
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
            if isinstance(event, Field | File):
                wanted = found.setdefault(event.name, []) if event.name in FIELDS and event.name not in found else None
            elif isinstance(event, Data) and wanted is not None:
                wanted.append(event.data)
    except ValueError as error:
        raise UnreadableDocument(f"This is no whole multipart/form-data: {error}.") from None
    return {name: b"".join(pieces) for name, pieces in found.items()}


def _answer(status: int, words: str) -> Response:
    response = Response(f"{words}\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response
