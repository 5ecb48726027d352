"""From a lead to its draft."""

from __future__ import annotations

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.sources.writing_up import write_about
from digest.web.shared.context import here, signed_in
from digest.web.shared.desk import ROW_ID, desk


@desk.post(f"/leads/<{ROW_ID}:lead_id>/write")
def write_about_lead(lead_id: int) -> Response:
    """Begin a draft with what is known of the lead, and go on there."""
    try:
        summary_id = write_about(here(), lead_id, signed_in())
    except Refused as refusal:
        flash(str(refusal), "bad")
        return redirect(url_for("desk.leads"), 303)
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)
