"""What a page's script asks while one writes: keep these words, and who else is here. Answers are JSON."""

from __future__ import annotations

from flask import flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.writing import autosaving
from digest.operations.writing.autosaving import KeptWords
from digest.storage.people.editors import Editor
from digest.storage.writing.summaries import summary_by_id
from digest.storage.writing.writers_seen import other_writers
from digest.web.shared.context import db, here, now, reread, settings, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.writing.form_keys import key_in
from digest.web.writing.form_page import name_of
from digest.web.writing.summary_form import sent_form
from digest.web.writing.writing import saving_of


@desk.post("/summaries/new/autosave")
def autosave_new_summary() -> Response:
    """Keep what is typed into a new summary's form."""
    return _kept(None)


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/autosave")
def autosave_summary(summary_id: int) -> Response:
    """Keep what is typed into a summary's form; a published one stays as readers see it."""
    return _kept(summary_id)


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/here")
def be_here(summary_id: int) -> Response:
    """The page is open and nothing is typed: who else is here, and whether somebody has saved since."""
    autosaving.be_here(here(), summary_id, signed_in().id)
    version = request.form.get("version", 0, int)
    there = summary_by_id(reread(), summary_id)
    newer_by = there.saved_by if there and there.version != version else ""
    own = there is not None and there.saved_from == key_in(request.form.get("form_key", ""))
    return jsonify(others=_others(summary_id), newer_by="" if own else name_of(newer_by), gone=there is None)


@desk.post("/summaries/new/discard")
def discard_new() -> Response:
    """Throw away what was typed into a new summary's form and is no summary yet."""
    autosaving.discard(db(), key_in(request.form.get("form_key", "")), None, signed_in().id)
    flash("What was typed there is thrown away.", "good")
    return redirect(url_for("desk.summaries"), 303)


@desk.post(f"/summaries/<{ROW_ID}:summary_id>/discard")
def discard_changes(summary_id: int) -> Response:
    """Throw away one's unsaved changes; the summary stays as it was saved."""
    autosaving.discard(db(), key_in(request.form.get("form_key", "")), summary_id, signed_in().id)
    flash("Your unsaved changes are thrown away. This is what is saved.", "good")
    return redirect(url_for("desk.summary", summary_id=summary_id), 303)


def _kept(summary_id: int | None) -> Response:
    form = sent_form()
    if not form.form_key:
        response = jsonify(error="This form has no key. Open the page again.")
        response.status_code = 400
        return response
    try:
        kept = autosaving.keep(here(), form.manuscript, summary_id, form.version, saving_of(form))
    except Refused as refusal:
        response = jsonify(error=str(refusal))
        response.status_code = 413
        return response
    reread()
    return jsonify(_answer(kept) | {"form_key": form.form_key})


def _answer(kept: KeptWords) -> dict[str, object]:
    key = kept.summary_id
    return {
        "at": f"{settings().schedule.local(now()):%H:%M}",
        "beside": kept.beside,
        "version": kept.version,
        "newer_by": name_of(kept.newer_by or ""),
        "gone": kept.newer_by is None,
        "summary": key,
        "page": url_for("desk.summary", summary_id=key) if key else "",
        "others": _others(key) if key else [],
    }


def _others(summary_id: int) -> list[str]:
    return [_named(editor) for editor in other_writers(reread(), summary_id, signed_in().id)]


def _named(editor: Editor) -> str:
    return editor.name or editor.email
