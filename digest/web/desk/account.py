"""An editor's own account: name, password, sessions."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations import accounts, signing_in
from digest.operations.refusal import Refused
from digest.operations.signing_in import NotSignedIn
from digest.web.context import db, now, settings, signed_in
from digest.web.desk.blueprint import TOO_MANY_TRIES, desk, network
from digest.web.security import drop_session, session_key_hash, start_session


@desk.get("/account")
def account() -> str:
    """The page with all three."""
    return _page({})


@desk.post("/account/name")
def rename() -> Response:
    """Change how others see one."""
    try:
        accounts.rename(db(), signed_in().id, request.form.get("name", ""))
    except Refused as refusal:
        return make_response(_page({"name": str(refusal)}), 422)
    flash("Your name is saved.", "good")
    return redirect(url_for("desk.account"), 303)


@desk.post("/account/password")
def change_password() -> Response:
    """Change the password; every other browser is signed out, this one gets a new session."""
    editor = signed_in()
    current, chosen = request.form.get("current", ""), request.form.get("password", "")
    errors = _errors(current, chosen)
    if not errors:
        try:
            accounts.change_password(db(), settings(), editor.id, chosen)
        except Refused as refusal:
            errors["password"] = str(refusal)
    if errors:
        return make_response(_page(errors), 422)
    _start_afresh(editor.email, chosen)
    flash("Your password is changed. Everywhere else you are signed out.", "good")
    return redirect(url_for("desk.account"), 303)


@desk.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """End all sessions, this one too."""
    signing_in.sign_out_everywhere(db(), signed_in().id)
    drop_session()
    flash("You are signed out everywhere.", "good")
    return redirect(url_for("desk.sign_in"), 303)


def _errors(current: str, chosen: str) -> dict[str, str]:
    if chosen != request.form.get("again", ""):
        return {"again": "The two passwords differ. Type the same one twice."}
    fits = signing_in.password_fits(db(), settings(), now(), signed_in(), current, network())
    if fits is None:
        return {"current": TOO_MANY_TRIES}
    return {} if fits else {"current": "This is not your present password."}


def _start_afresh(email: str, password: str) -> None:
    found = signing_in.sign_in(db(), settings(), now(), email, password, network(), session_key_hash())
    if isinstance(found, NotSignedIn):
        drop_session()
    else:
        start_session(found.key)


def _page(errors: dict[str, str]) -> str:
    name = request.form.get("name", signed_in().name)
    return render_template("desk/account/account.html", errors=errors, name=name)
