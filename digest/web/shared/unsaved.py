"""What could not be saved just now, because others were writing: a page that keeps what was typed and sends it again.

It needs nothing from the view whose form it was: it holds every field of the form and goes to the same address.
"""

from __future__ import annotations

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request

from digest.operations.readers import consent_wordings
from digest.operations.readers.consent_wordings import ConsentWording
from digest.storage.base.patience import Busy
from digest.web.shared import forms
from digest.web.shared.context import db, settings
from digest.web.shared.languages import language
from digest.web.shared.typed import fields_sent

RETRY_AFTER = 5
"""Seconds, for programs."""


def hang_up(app: Flask) -> None:
    """Answer with this page wherever others were writing for too long."""
    app.before_request(_turn_away)
    app.register_error_handler(Busy, _not_now)


def note_unsaved(error: Busy) -> None:
    """Say it in the log; the address of the page may be somebody's key, so the view is named."""
    current_app.logger.warning("busy: %s was not done (%s); nothing of it was saved", request.endpoint, error.orig)


def try_later(response: Response) -> Response:
    """The response as one that programs understand as temporary, and that nobody keeps."""
    response.status_code = 503
    response.headers["Retry-After"] = str(RETRY_AFTER)
    response.headers["Cache-Control"] = "no-store"
    # Not `no-referrer`, under which a browser sends the form with `Origin: null`, and the desk refuses it.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _turn_away() -> None:
    """Where writing stands still, a reader's form costs no work. The desk's forms answer in pages of their own."""
    goodbye = request.endpoint == "reader_links.unsubscribe"
    if request.method == "POST" and not goodbye and not request.path.startswith("/desk"):
        db().must_move()


def _not_now(error: Busy) -> Response:
    note_unsaved(error)
    if request.blueprint == "events" or forms.pressed("List-Unsubscribe", "One-Click"):
        return try_later(Response("Not done yet: the database is busy. Try again.\n", mimetype="text/plain"))
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        return try_later(make_response(jsonify(error="The database is busy", remedy="Try again in a few seconds.")))
    fields = fields_sent() if request.method == "POST" else []
    wording, press = _consented()
    page = render_template(
        "shared/unsaved.html",
        base="shared/desk.html" if request.path.startswith("/desk") else "shared/base.html",
        again=request.full_path.rstrip("?"),
        posted=request.method == "POST",
        fields=fields,
        kinds={field.kind for field in fields},
        wording=wording.text if wording else "",
        press=press,
    )
    return try_later(make_response(page))


def _consented() -> tuple[ConsentWording | None, str]:
    """The wording that pressing the button again agrees to, as the form's own page shows it, and the button's words."""
    spoken = language()
    if forms.pressed("undo") or forms.pressed("again"):
        return consent_wordings.signing_up(settings()), spoken.gettext("Try again")
    order = spoken.gettext("Send me the %(day)s digest", day=consent_wordings.send_day(settings()))
    return {
        "readers.subscribe": (consent_wordings.signing_up(settings()), order),
        "reader_links.confirm": (consent_wordings.confirming(settings()), spoken.gettext("Confirm my subscription")),
        "reader_links.unsubscribe": (consent_wordings.leaving(settings()), spoken.gettext("Unsubscribe")),
    }.get(request.endpoint or "", (None, spoken.gettext("Try again")))
