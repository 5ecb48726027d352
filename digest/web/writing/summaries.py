"""Summaries: the list, and what ends one: taking it back, deleting a draft. Writing them is in `writing`."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.writing import editing
from digest.storage.issues.selections import issues_by_summary
from digest.storage.writing.summaries import ArchiveQuestion, Summary, archive_page, drafts, summary_by_id
from digest.web.shared.context import db, now, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk, page_number

_PAGE = 30


@desk.get("/summaries")
def summaries() -> str:
    """Drafts first, then what is published, the newest first."""
    text = request.args.get("q", "").strip()[:200]
    page = archive_page(reading(), ArchiveQuestion(text=text), page_number(), _PAGE)
    return render_template(
        "writing/summaries.html",
        drafts=drafts(reading()) if page.number == 1 and not text else [],
        page=page,
        issues=issues_by_summary(reading(), [summary.id for summary in page.summaries]),
        q=text,
        base=url_for("desk.summaries", q=text or None),
    )


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/take-back")
def take_back(summary_id: int) -> Response:
    """Make a published summary a draft again."""
    try:
        editing.take_back(db(), now(), summary_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("It is a draft again, and off the archive and the issue.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


@desk.get(f"/summaries/<{ROW_ID}:summary_id>/delete")
def delete_draft(summary_id: int) -> str:
    """Ask once."""
    return render_template("writing/delete.html", summary=_draft(summary_id))


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/delete")
def delete_draft_now(summary_id: int) -> Response:
    """Delete a draft for good."""
    try:
        editing.delete_draft(db(), summary_id)
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("The draft is deleted.", "good")
    return redirect(url_for("desk.summaries"), 303)


def _draft(summary_id: int) -> Summary:
    summary = summary_by_id(reading(), summary_id)
    return summary if summary and not summary.published_at else abort(404)
