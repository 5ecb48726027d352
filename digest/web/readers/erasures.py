"""Erasures that SendGrid has not taken on, for admins: which wait and why, and one marked as done by hand."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from digest.operations.readers.stuck_erasures import (
    REMEDY,
    mark_erased_by_hand,
    stuck_erasure,
    stuck_erasures,
    stuck_in_all,
)
from digest.web.shared.context import here, reading, settings, signed_in
from digest.web.shared.desk import desk
from digest.web.shared.security import admins_only

_SHOWN = 200


@desk.get("/subscribers/erasures")
def erasures() -> str:
    """Which wait, the oldest first, their addresses masked."""
    admins_only()
    found, total = stuck_erasures(reading(), settings(), _SHOWN), stuck_in_all(reading())
    return render_template("readers/erasures.html", found=found, total=total, remedy=REMEDY)


@desk.get("/subscribers/erasures/<handle>")
def erasure(handle: str) -> str:
    """One, with its address, since nobody can erase it by hand without; and the question whether that is done."""
    admins_only()
    found = stuck_erasure(reading(), settings(), handle) or abort(404)
    return render_template("readers/erasure.html", found=found, remedy=REMEDY)


@desk.post("/subscribers/erasures/<handle>")
def erasure_done(handle: str) -> Response:
    """Believe the admin, and forget the address."""
    admins_only()
    if mark_erased_by_hand(here(), handle, signed_in().email):
        flash("Marked as done. Nothing here names the address any more.", "good")
    else:
        flash("It no longer waits: SendGrid has taken it on, or another admin marked it as done.")
    return redirect(url_for("desk.erasures"), 303)
