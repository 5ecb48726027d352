"""Signing in and out, and choosing a password by a link."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from digest.domain.shared.addresses import BadAddress
from digest.domain.shared.tokens import Purpose, unseal
from digest.operations.people import logins, signing_in
from digest.operations.people.password_hashing import HashingBusy
from digest.operations.people.signing_in import WINDOW, NotSignedIn
from digest.operations.shared.refusal import Refused
from digest.storage.people.editors import Editor, editor_by_id, editor_with_password_key
from digest.web.shared.context import db, here, now, reading, settings
from digest.web.shared.desk import BUSY, TOO_MANY_TRIES, desk, network
from digest.web.shared.security import (
    drop_session,
    local_path,
    open_to_all,
    private_page,
    session_key_hash,
    start_session,
)
from digest.web.shared.typed import kept_fields

_WORDS = {
    NotSignedIn.WRONG: "This address and password don’t belong together. Check both, or ask for a new password.",
    NotSignedIn.TOO_OFTEN: TOO_MANY_TRIES,
    NotSignedIn.BUSY: BUSY,
}
_TOO_MANY_LINKS = (
    "Too many links were asked for from your network. Use one that came already, wait an hour, or ask the operator to "
    "run “digest editors add” with your address, which prints a fresh link."
)
_RETRY_AFTER = {NotSignedIn.TOO_OFTEN: WINDOW, NotSignedIn.BUSY: timedelta(seconds=5)}


@desk.get("/sign-in")
def sign_in() -> Response | str:
    """The form to sign in with."""
    if g.editor:
        return redirect(_wanted())
    return _sign_in_page()


@desk.post("/sign-in")
def sign_in_now() -> Response:
    """Check address and password."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    found = signing_in.sign_in(here(), email, password, network(), session_key_hash())
    if isinstance(found, NotSignedIn):
        return _not_signed_in(email, found)
    start_session(found.key)
    if kept := kept_fields():
        g.editor, again = editor_by_id(reading(), found.editor_id), local_path(request.form.get("next"), "")
        g.pop("csrf_token", None)  # Flask-WTF keeps one a request; the new session has none yet
        return make_response(render_template("people/go_on.html", fields=kept, again=again))
    return redirect(_wanted(), 303)


@desk.get("/sign-in/here")
def sign_in_here() -> Response:
    """For a page that is open already: a token that its forms are taken with, and who is signed in."""
    return jsonify(csrf_token=generate_csrf(), email=g.editor.email if g.editor else "")


@desk.post("/sign-in/here")
def sign_in_here_now() -> Response:
    """Sign in from a page that is open; it goes on with the token that the answer has."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    found = signing_in.sign_in(here(), email, password, network(), session_key_hash())
    if isinstance(found, NotSignedIn):
        return make_response(jsonify(error=_WORDS[found]), 422 if found is NotSignedIn.WRONG else 429)
    start_session(found.key)
    g.pop("csrf_token", None)  # Flask-WTF keeps one a request; the new session has none yet
    return jsonify(csrf_token=generate_csrf(), email=email)


@desk.post("/sign-out")
def sign_out() -> Response:
    """End this browser's session."""
    signing_in.sign_out(db(), session_key_hash())
    drop_session()
    flash("You are signed out.", "good")
    return redirect(url_for("desk.sign_in"), 303)


@desk.get("/forgotten")
def forgotten() -> str:
    """The form that asks for a link."""
    return _forgotten_page()


@desk.post("/forgotten")
def ask_for_link() -> Response | str:
    """Send the link, and answer alike whether there is such an editor or not."""
    email = request.form.get("email", "")
    try:
        asked = logins.ask_for_password_link(here(), email, network())
    except BadAddress as error:
        return make_response(_forgotten_page(email, str(error)), 422)
    if not asked:
        return make_response(_forgotten_page(email, _TOO_MANY_LINKS), 429)
    return render_template("people/link_sent.html")


@desk.get("/password/<token>")
def password(token: str) -> Response:
    """The form that a link opens; opening it spends nothing."""
    editor = _editor_of(token)
    return _password_page(editor) if editor else _dead_link()


@desk.post("/password/<token>")
def set_password(token: str) -> Response:
    """Set the password that was chosen."""
    editor = _editor_of(token)
    if editor is None or editor.password_key is None:
        return _dead_link()
    chosen = request.form.get("password", "")
    if chosen != request.form.get("again", ""):
        return _password_page(editor, "The two passwords differ. Type the same one twice.")
    try:
        logins.choose_password(here(), editor.password_key, chosen, network())
    except Refused as refusal:
        return _password_page(editor, str(refusal))
    except HashingBusy:
        return _password_page(editor, BUSY, 429)
    drop_session()
    flash("Your password is set. Sign in with it.", "good")
    return redirect(url_for("desk.sign_in"), 303)


for _endpoint in (
    "sign_in", "sign_in_now", "sign_in_here", "sign_in_here_now",
    "forgotten", "ask_for_link", "password", "set_password",
):  # fmt: skip
    open_to_all(f"desk.{_endpoint}")


def _wanted() -> str:
    return local_path(request.values.get("next"), url_for("desk.home"))


def _not_signed_in(email: str, why: NotSignedIn) -> Response:
    page = _sign_in_page(email, _WORDS[why], too_often=why is NotSignedIn.TOO_OFTEN)
    if why not in _RETRY_AFTER:
        return make_response(page, 422)
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(int(_RETRY_AFTER[why].total_seconds()))
    return response


def _sign_in_page(email: str = "", error: str = "", too_often: bool = False) -> str:
    wanted = local_path(request.values.get("next"), "")
    return render_template(
        "people/sign_in.html", email=email, error=error, too_often=too_often, next=wanted, kept=kept_fields()
    )


def _forgotten_page(email: str = "", error: str = "") -> str:
    return render_template("people/forgotten.html", email=email, error=error)


def _editor_of(token: str) -> Editor | None:
    key = unseal(Purpose.PASSWORD, token, settings().signing_keys)
    return editor_with_password_key(reading(), key, now()) if key else None


def _password_page(for_whom: Editor, error: str = "", status: int = 422) -> Response:
    page = render_template("people/password.html", for_whom=for_whom, error=error)
    response = private_page(make_response(page, status if error else 200))
    # Under `no-referrer` browsers send a form with `Origin: null`, which the desk refuses; this keeps the token just as
    # well: a proxy's log has the site's name for the page that its styles were loaded from, and no path.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _dead_link() -> Response:
    return private_page(make_response(render_template("people/dead_link.html"), 410))
