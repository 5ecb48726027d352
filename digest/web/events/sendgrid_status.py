"""The notice of trouble with the account at SendGrid: an admin puts it away."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from digest.operations.events.sendgrid_status import dismiss_sendgrid_status
from digest.web.shared import forms
from digest.web.shared.context import db, signed_in
from digest.web.shared.desk import desk
from digest.web.shared.security import admins_only


@desk.post("/standing/dismissed")
def dismiss_sendgrid_notice() -> Response:
    """Put away the notice that was shown, for everybody."""
    admins_only()
    dismiss_sendgrid_status(db(), signed_in().email, forms.line("event"))
    flash("The notice is put away for everybody. Should SendGrid report another change, it is shown again.", "good")
    return redirect(url_for("desk.home"), 303)
