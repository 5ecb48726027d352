"""Originals on the desk: what was found at their addresses, and the copy that readers are given of what is gone."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.writing.describing import Description, describe_original
from digest.storage.writing.original_links import links_in, links_of, unwell_counts
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk, page_number
from digest.web.shared.security import local_path

_PAGE = 20
_STATES = {"dead": "Gone", "moved": "Moved", "unclear": "Unclear"}
_SUBSCRIPTION = {"yes": True, "no": False}


@desk.get("/originals")
def originals() -> str:
    """The links that are not well, by what was found."""
    state = request.args.get("state", "dead")
    if state not in _STATES:
        abort(404)
    found, total = links_in(reading(), state, page_number(), _PAGE)
    return render_template(
        "writing/originals.html",
        found=found,
        total=total,
        state=state,
        states=_STATES,
        counts=unwell_counts(reading()),
        page=page_number(),
        pages=max(1, -(-total // _PAGE)),
        base=url_for("desk.originals", state=state) + "&page=",
    )


@desk.get(f"/summaries/<{ROW_ID}:summary_id>/originals")
def originals_of_summary(summary_id: int) -> str:
    """The links of one summary, whatever was found."""
    found = links_of(reading(), summary_id)
    if not found:
        abort(404, "This summary has no sources, or is gone.")
    return render_template("writing/originals.html", found=found, total=len(found), summary=found[0][1])


@desk.post(f"/originals/<{ROW_ID}:link_id>")
def describe_link(link_id: int) -> Response:
    """Its archived copy, its language, and whether it needs a subscription."""
    form = request.form
    subscription = _SUBSCRIPTION.get(form.get("subscription", ""))
    said = Description(form.get("archived", ""), form.get("language", ""), subscription)
    try:
        describe_original(here(), link_id, said, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("Saved. Readers see it at once.", "good")
    return redirect(local_path(form.get("back"), url_for("desk.originals")), 303)
