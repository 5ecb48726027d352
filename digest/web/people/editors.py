"""Editors, for admins: inviting, rights, deactivating."""

from __future__ import annotations

from collections.abc import Callable

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.people.roles import WORDS, Role
from digest.domain.shared.addresses import BadAddress
from digest.operations.people import logins
from digest.operations.shared.refusal import Refused
from digest.storage.people.editors import Editor, all_editors, editor_by_id
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.security import admins_only


@desk.get("/editors")
def editors() -> str:
    """Everyone who has an account, and the form to invite."""
    admins_only()
    return _page({})


@desk.post("/editors")
def invite() -> Response:
    """Add an editor and send the invitation."""
    admins_only()
    form = request.form
    role = Role.ADMIN if "admin" in form else _role(form.get("role", Role.SENDER))
    try:
        invited = logins.invite(
            here(), _who(), form.get("email", ""), form.get("name", ""), role is Role.ADMIN, role.may_send
        )
    except (BadAddress, Refused) as error:
        return make_response(_page({"email": str(error)}), 422)
    flash(f"The invitation to {invited.email} is on its way. Its link lives for 7 days.", "good")
    return redirect(url_for("desk.editors"), 303)


@desk.post(f"/editors/<{ROW_ID}:editor_id>/invitation")
def invite_again(editor_id: int) -> Response:
    """Send the invitation once more."""
    admins_only()
    editor = _editor(editor_id)
    return _done(
        lambda: logins.invite_again(here(), _who(), editor_id),
        f"A new invitation to {editor.email} is on its way; the link in the earlier one is dead.",
    )


@desk.post(f"/editors/<{ROW_ID}:editor_id>/role")
def set_role(editor_id: int) -> Response:
    """Make somebody an editor, a sender or an admin."""
    admins_only()
    editor, role = _editor(editor_id), _role(request.form.get("role", ""))
    article = "a" if role is Role.SENDER else "an"
    return _done(
        lambda: logins.set_role(here(), editor_id, role, signed_in().email), f"{editor.name} is {article} {role} now."
    )


@desk.get(f"/editors/<{ROW_ID}:editor_id>/deactivate")
def deactivate(editor_id: int) -> str:
    """Ask once."""
    admins_only()
    return render_template("people/deactivate.html", whom=_editor(editor_id))


@desk.post(f"/editors/<{ROW_ID}:editor_id>/deactivate")
def deactivate_now(editor_id: int) -> Response:
    """Keep an editor out from now on."""
    admins_only()
    name = _editor(editor_id).name
    return _done(
        lambda: logins.deactivate(here(), editor_id, signed_in().email),
        f"{name} is deactivated and signed out everywhere.",
    )


@desk.post(f"/editors/<{ROW_ID}:editor_id>/reactivate")
def reactivate(editor_id: int) -> Response:
    """Let an editor in again."""
    admins_only()
    name = _editor(editor_id).name
    return _done(lambda: logins.reactivate(here(), editor_id, signed_in().email), f"{name} can sign in again.")


def _done(act: Callable[[], None], words: str) -> Response:
    try:
        act()
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash(words, "good")
    return redirect(url_for("desk.editors"), 303)


def _who() -> str:
    return signed_in().name or signed_in().email


def _role(word: str) -> Role:
    return Role(word) if word in list(Role) else abort(400)


def _editor(editor_id: int) -> Editor:
    return editor_by_id(reading(), editor_id) or abort(404)


def _page(errors: dict[str, str]) -> str:
    return render_template(
        "people/editors.html",
        people=all_editors(reading()),
        errors=errors,
        form=request.form,
        roles=list(WORDS.items()),
    )
