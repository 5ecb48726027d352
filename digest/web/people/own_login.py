"""An editor's own account: name, password, sessions."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.people import logins, signing_in
from digest.operations.people.password_hashing import HashingBusy
from digest.operations.shared.refusal import Refused
from digest.web.shared.context import db, here, now, settings, signed_in
from digest.web.shared.desk import BUSY, TOO_MANY_TRIES, desk
from digest.web.shared.security import drop_session, session_key_hash, start_session


@desk.get("/account")
def account() -> str:
    """The page with all three."""
    return _page({})


@desk.post("/account/name")
def rename() -> Response:
    """Change how others see one."""
    try:
        logins.rename(db(), signed_in().id, request.form.get("name", ""))
    except Refused as refusal:
        return make_response(_page({"name": str(refusal)}), 422)
    flash("Your name is saved.", "good")
    return redirect(url_for("desk.account"), 303)


@desk.post("/account/password")
def change_password() -> Response:
    """Change the password; every other browser is signed out, this one gets a new session."""
    editor = signed_in()
    current, chosen = request.form.get("current", ""), request.form.get("password", "")
    if chosen != request.form.get("again", ""):
        return _refused("again", "The two passwords differ. Type the same one twice.")
    try:
        fits = signing_in.password_fits(here(), editor, current)
        if fits is None:
            return _refused("current", TOO_MANY_TRIES, 429)
        if not fits:
            return _refused("current", "This is not your present password.")
        logins.change_password(db(), settings(), editor.id, chosen)
    except Refused as refusal:
        return _refused("password", str(refusal))
    except HashingBusy:
        return _refused("current", BUSY, 429)
    start_session(signing_in.sign_in_anew(db(), now(), editor.id, session_key_hash()).key)
    flash("Your password is changed. Everywhere else you are signed out.", "good")
    return redirect(url_for("desk.account"), 303)


@desk.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    """End all sessions, this one too."""
    signing_in.sign_out_everywhere(db(), signed_in().id)
    drop_session()
    flash("You are signed out everywhere.", "good")
    return redirect(url_for("desk.sign_in"), 303)


def _refused(field: str, why: str, status: int = 422) -> Response:
    return make_response(_page({field: why}), status)


def _page(errors: dict[str, str]) -> str:
    name = request.form.get("name", signed_in().name)
    return render_template("people/own_login.html", errors=errors, name=name)
