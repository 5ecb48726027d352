"""What becomes of a published summary: its history, what supersedes it, its withdrawal, telling of a correction."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.writing.differences import Stretch, differences
from digest.domain.writing.wording import from_json
from digest.operations.shared.refusal import Refused
from digest.operations.writing import ending
from digest.storage.archive.published import latest_summaries
from digest.storage.issues.selections import issues_carrying
from digest.storage.writing.revisions import Revision, RevisionKind, revisions_of
from digest.storage.writing.summaries import Summary, summary_by_id, withdrawal_of
from digest.storage.writing.supersedings import superseding_of
from digest.web.shared import forms
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.writing.form_page import name_of

_SUGGESTED = 50
_WORDS = {
    RevisionKind.PUBLISHED: "Published",
    RevisionKind.SILENT: "A small fix, of which readers are told nothing",
    RevisionKind.CORRECTION: "Corrected",
    RevisionKind.TAKEN_BACK: "Taken back to draft",
    RevisionKind.SUPERSEDED: "Superseded",
    RevisionKind.RESTORED: "No longer superseded",
    RevisionKind.WITHDRAWN: "Withdrawn",
}


@dataclass(frozen=True)
class HistoryStep:
    """One step as the page shows it; `changes` is what differs from the step before, empty if nothing does."""

    at: datetime
    who: str
    words: str
    note: str
    kind: str
    changes: tuple[Stretch, ...]


@desk.get(f"/summaries/<{ROW_ID}:summary_id>/history")
def summary_history(summary_id: int) -> str:
    """Every step of a published summary, the newest first; of a withdrawn one who, when and why, without its text."""
    withdrawal = withdrawal_of(reading(), summary_id)
    steps = _steps(revisions_of(reading(), summary_id))
    return render_template(
        "writing/history.html",
        summary=_summary(summary_id),
        steps=[replace(step, changes=()) for step in steps] if withdrawal else steps,
        withdrawal=withdrawal,
    )


@desk.get(f"/summaries/<{ROW_ID}:summary_id>/supersede")
def supersede(summary_id: int) -> str:
    """Ask which newer summary takes its place."""
    return _supersede_page(_published(summary_id))


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/supersede")
def supersede_now(summary_id: int) -> Response:
    """Let a newer summary take its place; readers find it by a link."""
    found, typed = _summary(summary_id), forms.line("newer")
    number = re.search(r"([0-9]{1,9})/?(?:[?#].*)?$", typed)
    try:
        if not number:
            raise Refused("Give the newer summary’s address in the archive, or its number.")
        ending.supersede(here(), summary_id, int(number[1]), signed_in().email)
    except Refused as refusal:
        return make_response(_supersede_page(found, typed, str(refusal)), 422)
    flash("Readers of this summary are now led to the newer one.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/restore")
def restore(summary_id: int) -> Response:
    """It is not superseded after all."""
    try:
        ending.restore(here(), summary_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash("It stands for itself again; the banner is gone.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


@desk.get(f"/summaries/<{ROW_ID}:summary_id>/withdraw")
def withdraw(summary_id: int) -> str:
    """Ask once, with the reason that readers will be shown."""
    return _withdraw_page(_published(summary_id))


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/withdraw")
def withdraw_now(summary_id: int) -> Response:
    """Take it away for good."""
    found, reason = _summary(summary_id), request.form.get("reason", "")
    try:
        ending.withdraw(here(), summary_id, reason, signed_in().email)
    except Refused as refusal:
        return make_response(_withdraw_page(found, reason, str(refusal)), 422)
    flash("It is withdrawn: its address answers with your reason, and its text is shown nowhere.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/corrections/<{ROW_ID}:revision_id>/tell")
def tell_correction(summary_id: int, revision_id: int) -> Response:
    """Put a correction into the introduction of the next issue."""
    try:
        day = ending.tell_correction(here(), revision_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    else:
        flash(f"The introduction of the issue of {day} tells of the correction; change its words there.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


def _steps(revisions: Sequence[Revision]) -> list[HistoryStep]:
    wordings = [from_json(revision.wording).lines() for revision in revisions]
    earlier = [*wordings, None][1:]
    return [
        HistoryStep(
            at=revision.at,
            who=name_of(revision.who),
            words=_WORDS.get(RevisionKind(revision.kind), revision.kind),
            note=revision.note,
            kind=revision.kind,
            changes=differences(before, after) if before is not None and before != after else (),
        )
        for revision, before, after in zip(revisions, earlier, wordings, strict=True)
    ]


def _supersede_page(found: Summary, typed: str = "", error: str = "") -> str:
    latest = [each for each in latest_summaries(reading(), _SUGGESTED) if each.id != found.id]
    return render_template(
        "writing/supersede.html",
        summary=found,
        typed=typed,
        error=error,
        latest=latest,
        superseding=superseding_of(reading(), found.id),
    )


def _withdraw_page(found: Summary, reason: str = "", error: str = "") -> str:
    issues = issues_carrying(reading(), found.id)
    return render_template("writing/withdraw.html", summary=found, reason=reason, error=error, issues=issues)


def _summary(summary_id: int) -> Summary:
    return summary_by_id(reading(), summary_id) or abort(404)


def _published(summary_id: int) -> Summary:
    found = _summary(summary_id)
    return found if found.published_at else abort(404, "This summary is not published.")
