"""What people see when something is not there, not allowed or broken: plain words and the way on."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from digest.domain.shared.stored import UnreadableRecord
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.base.faults import is_database_fault
from digest.storage.people.desk_sessions import editor_signed_in
from digest.web.shared.context import now, reading
from digest.web.shared.languages import language
from digest.web.shared.request_ids import request_id
from digest.web.shared.security import is_from_here, session_key_hash
from digest.web.shared.typed import Field, typed_fields


def _(message: str) -> str:
    """Marks a text for the catalogues; it is translated where it is shown."""
    return message


_WORDS = {
    400: (_("This request can’t be read"), _("Go back, open the page again and send the form from there.")),
    401: (_("You are signed out"), _("Sign in and try again.")),
    403: (_("This is not yours to open"), _("Ask an admin of this publication if you need it.")),
    404: (_("There is nothing at this address"), _("The archive has every summary that was published.")),
    405: (_("This address works another way"), _("Go back and use the button on the page.")),
    410: (_("This is no longer here"), _("The archive has every summary that was published.")),
    413: (_("That is too large"), _("Send a smaller file, or import it with the command on the server.")),
    429: (_("That was too often"), _("Wait a few minutes, then try again.")),
}
_NOT_FOUND = 404
_OURS = 500
"""From here on it is our fault, and the log says more."""
_BROKEN = (
    _("Something broke on our side"),
    _("Nothing you entered was half-saved. Try again in a minute; if it goes on, tell the operator."),
)


def hang_up(app: Flask) -> None:
    """Answer errors with pages."""
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(UnreadableRecord, _unreadable)


def _csrf_error(_error: CSRFError) -> Response:
    if request.path.startswith("/desk") and is_from_here() and (kept := typed_fields()):
        return _go_on(kept)
    return _page(400, _("This form has grown too old"), _("Open the page again and send it once more."))


def _go_on(kept: list[Field]) -> Response:
    """The form's cookie is gone, and its token with it: what was typed goes on with a new one, after a sign-in."""
    again = request.full_path.rstrip("?")
    g.editor = editor_signed_in(reading(), session_key_hash(), now())
    if g.editor:
        return make_response(render_template("people/go_on.html", fields=kept, again=again), 400)
    return make_response(render_template("people/sign_in.html", email="", error="", next=again, kept=kept), 400)


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    heading, remedy = _WORDS.get(code, _BROKEN)
    if code == _NOT_FOUND and request.path.startswith("/desk"):
        remedy = "It may have been deleted, erased or merged with another. Look for it on the desk."
    ours = error.description if error.description != type(error).description else None
    response = _page(code, heading, ours or remedy)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _database_error(error: DBAPIError) -> Response:
    if not is_database_fault(error):
        raise error
    if not isinstance(error, DatabaseFileGone):  # which was said when it was noticed
        current_app.logger.error("database: %s", error.orig)
    return _page(
        503,
        _("The database does not answer"),
        _("Nothing was saved. Try again in a minute; if it goes on, tell the operator."),
    )


def _unreadable(error: UnreadableRecord) -> Response:
    current_app.logger.error("%s", error)
    if request.blueprint == "desk":
        return _page(500, "What was stored can’t be read", str(error))
    return _page(503, _("This can’t be shown just now"), _("It is kept, and will be here again. Look again later."))


def _page(code: int, heading: str, remedy: str) -> Response:
    heading, remedy = language().gettext(heading), language().gettext(remedy)
    mention = request_id() if code >= _OURS else ""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json":
        more = {"request": mention} if mention else {}
        return make_response(jsonify(error=heading, remedy=remedy, **more), code)
    page = render_template(
        "shared/error.html",
        heading=heading,
        remedy=remedy,
        code=code,
        mention=mention,
        to_desk="Back to the desk" if request.path.startswith("/desk") else "",
    )
    return make_response(page, code)
