"""From a lead to its draft; where its publication is not known here, the editor says which is meant."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.sources.writing_up import write_about
from digest.operations.writing.meaning import Meant
from digest.storage.sources.inbox import lead_by_id
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.writing.asked_name import said_publication


@desk.post(f"/leads/<{ROW_ID}:lead_id>/write")
def write_about_lead(lead_id: int) -> Response:
    """Begin a draft with what is known of the lead, and go on there."""
    try:
        begun = write_about(here(), lead_id, signed_in(), said_publication())
    except Refused as refusal:
        flash(str(refusal), "bad")
        return redirect(url_for("desk.leads"), 303)
    if isinstance(begun, Meant):
        page = render_template("sources/which_publication.html", lead=lead_by_id(reading(), lead_id), meant=begun)
        return make_response(page, 422)
    return redirect(url_for("desk.summary", summary_id=begun), 303)
