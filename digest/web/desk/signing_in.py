"""Signing in and out, and choosing a password by a link."""

from __future__ import annotations

from flask import flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.addresses import BadAddress
from digest.domain.tokens import Purpose, unseal
from digest.operations import accounts, signing_in
from digest.operations.refusal import Refused
from digest.operations.signing_in import NotSignedIn
from digest.storage.editors import Editor, editor_with_password_key
from digest.web.context import db, now, reading, settings, site
from digest.web.desk.blueprint import TOO_MANY_TRIES, desk, network
from digest.web.security import (
    drop_session,
    local_path,
    open_to_all,
    private_page,
    session_key_hash,
    start_session,
)

_WORDS = {
    NotSignedIn.WRONG: "This address and password don’t belong together. Check both, or ask for a new password.",
    NotSignedIn.TOO_OFTEN: f"{TOO_MANY_TRIES} If you forgot the password, ask for a new one meanwhile.",
}
_STATUS = {NotSignedIn.WRONG: 422, NotSignedIn.TOO_OFTEN: 429}


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
    found = signing_in.sign_in(db(), settings(), now(), email, password, network(), session_key_hash())
    if isinstance(found, NotSignedIn):
        return make_response(_sign_in_page(email, _WORDS[found]), _STATUS[found])
    start_session(found.key)
    return redirect(_wanted(), 303)


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
    return render_template("desk/signing_in/forgotten.html", email="", error="")


@desk.post("/forgotten")
def ask_for_link() -> Response | str:
    """Send the link, and answer alike whether there is such an editor or not."""
    email = request.form.get("email", "")
    try:
        accounts.ask_for_password_link(db(), settings(), now(), email, network())
    except BadAddress as error:
        page = render_template("desk/signing_in/forgotten.html", email=email, error=str(error))
        return make_response(page, 422)
    site().wake()
    return render_template("desk/signing_in/link_sent.html")


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
        accounts.choose_password(db(), settings(), now(), editor.password_key, chosen)
    except Refused as refusal:
        return _password_page(editor, str(refusal))
    drop_session()
    flash("Your password is set. Sign in with it.", "good")
    return redirect(url_for("desk.sign_in"), 303)


for _endpoint in ("sign_in", "sign_in_now", "forgotten", "ask_for_link", "password", "set_password"):
    open_to_all(f"desk.{_endpoint}")


def _wanted() -> str:
    return local_path(request.values.get("next"), url_for("desk.home"))


def _sign_in_page(email: str = "", error: str = "") -> str:
    wanted = local_path(request.values.get("next"), "")
    return render_template("desk/signing_in/sign_in.html", email=email, error=error, next=wanted)


def _editor_of(token: str) -> Editor | None:
    key = unseal(Purpose.PASSWORD, token, settings().signing_keys)
    return editor_with_password_key(reading(), key, now()) if key else None


def _password_page(for_whom: Editor, error: str = "") -> Response:
    page = render_template("desk/signing_in/password.html", for_whom=for_whom, error=error)
    response = private_page(make_response(page, 422 if error else 200))
    # Under `no-referrer` browsers send a form with `Origin: null`, which the desk refuses; this keeps the token just as
    # well, since nothing on the page leads to another host.
    response.headers["Referrer-Policy"] = "same-origin"
    return response


def _dead_link() -> Response:
    return private_page(make_response(render_template("desk/signing_in/dead_link.html"), 410))
