"""Writing a summary: the form, its live preview, saving and publishing."""

from __future__ import annotations

from dataclasses import replace

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.links import written_links
from digest.domain.issues.manuscript import Faults, Piece, missing_for_readers, read
from digest.domain.issues.trackers import is_rewritten
from digest.operations.shared.links import summary_path
from digest.operations.shared.refusal import Refused
from digest.operations.writing import autosaving, editing
from digest.operations.writing.editing import Conflict, Published, Saved, Saving
from digest.operations.writing.ending import LONGEST_REASON
from digest.operations.writing.meaning import Meant, publication_meant
from digest.storage.base.patience import Busy
from digest.storage.sources.inbox import came_from_lead
from digest.storage.writing.summaries import Summary, Withdrawal, summary_by_id, summary_of_form
from digest.storage.writing.working_copies import WorkingCopy, copies_beside, copy_of_form
from digest.web.shared.context import db, here, now, reading, reread, settings, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.unsaved import note_unsaved, try_later
from digest.web.writing.asked_name import said_publication
from digest.web.writing.form_keys import is_own, key_in, new_form_key
from digest.web.writing.form_page import Around, form_page, name_of
from digest.web.writing.summary_form import (
    SummaryForm,
    empty_form,
    form_of,
    form_of_copy,
    on_version,
    preview_of,
    sent_form,
)

_UNSAVED = (
    "This is not saved yet: the database is busy with other work. Nothing is lost: your words are in the form. "
    "Wait a moment, then press the button again."
)


@desk.get("/summaries/new")
def new_summary() -> Response:
    """An empty form, with what the address gives; or, by its key, what was typed into one and what became of it."""
    key = key_in(request.args.get("key", ""))
    made = summary_of_form(reading(), key) if key else None
    if made:
        return redirect(url_for("desk.summary", summary_id=made.id))
    copy = copy_of_form(reading(), key) if key else None
    today = settings().schedule.local(now()).date().isoformat()
    own = key if key and is_own(key) else new_form_key()  # another's words are gone on with in a form of one's own
    form = form_of_copy(copy, own) if copy else empty_form(today, own, request.args)
    page = make_response(form_page(None, form, Around(copy=copy)))
    # A browser that goes Back takes the page from its store, with the key that it had: so it publishes the same again.
    page.headers["Cache-Control"] = "private, no-cache"
    return page


@desk.get(f"/summaries/<{ROW_ID}:summary_id>")
def summary(summary_id: int) -> str:
    """The form with a draft or a published summary in it, and in place of that what the editor has not saved yet."""
    found = _summary(summary_id)
    if withdrawal := reading().get(Withdrawal, summary_id):
        return render_template(
            "writing/withdrawn.html", summary=found, withdrawal=withdrawal, who=name_of(withdrawal.who)
        )
    copy = _copy_in_form(summary_id)
    form = form_of_copy(copy, new_form_key()) if copy else form_of(found, new_form_key())
    return form_page(found, form, Around(copy=copy))


@desk.post("/summaries/preview")
def preview_summary() -> str:
    """How readers will see what is typed, without its page around it."""
    return render_template("writing/previewed.html", preview=preview_of(sent_form()))


@desk.post("/summaries/new")
def save_new_summary() -> Response:
    """Save or publish what was written."""
    return _taken(None)


@desk.post(f"/summaries/<{ROW_ID}:summary_id>")
def save_summary(summary_id: int) -> Response:
    """Save the changes, or publish."""
    return _taken(summary_id)


def saving_of(form: SummaryForm) -> Saving:
    """By whose hand and from which form this is saved."""
    correction = "" if form.is_silent and not form.correction else form.correction
    return Saving(signed_in().email, signed_in().id, form.form_key, correction)


def _taken(summary_id: int | None) -> Response:
    form, act = sent_form(), request.form.get("act") or request.form.get("act_asked") or "save"
    there = summary_by_id(reading(), summary_id) if summary_id else None
    if act == "preview":
        return make_response(form_page(there, form))
    piece = read(form.manuscript)
    faults = piece if isinstance(piece, dict) else _faults_for_readers(piece, form, there, act)
    if isinstance(piece, dict) or faults:
        return make_response(form_page(there, form, Around(faults)), 422)
    meant = publication_meant(reading(), piece.publication, said_publication())
    if meant.is_new:
        return _asked(there, form, meant, act)
    try:
        done = _act(replace(piece, publication=meant.name), form, summary_id, act)
    except Refused as refusal:
        return make_response(form_page(None, form, Around({"title": str(refusal)})), 409)
    except Busy as busy:
        note_unsaved(busy)
        flash(_UNSAVED, "bad")
        return try_later(make_response(form_page(there, form, Around(unsaved=True))))
    if isinstance(done, Conflict):
        return _conflict_page(form, done.summary_id or summary_id, done)
    flash(_with_links(_told(done, form, there), done), "good")
    if tracked := _tracked_link(done.summary_id):
        flash(
            f"{tracked[:80]} leads through a tracker, which sees who follows it: an issue stops at that. Use the "
            "address it leads to.",
            "warn",
        )
    return redirect(_on_to(done), 303)


def _tracked_link(summary_id: int) -> str:
    """A link of a published summary at which its issue would stop; empty if there is none, or it is a draft."""
    made = summary_by_id(reread(), summary_id)
    if made is None or made.published_at is None:
        return ""
    urls = [*(link.url for link in made.sources), *(url for url, _ in written_links(made.body_html))]
    return next(filter(is_rewritten, urls), "")


def _on_to(done: Published | Saved) -> str:
    """Where an editor goes on: with the next lead, if what they published began with one."""
    if isinstance(done, Published) and came_from_lead(reading(), done.summary_id):
        return url_for("desk.leads")
    return url_for("desk.summary", summary_id=done.summary_id)


def _asked(there: Summary | None, form: SummaryForm, meant: Meant, act: str) -> Response:
    words = f"“{meant.name}” is no publication yet. Say below whether to make it, or which one is meant."
    return make_response(form_page(there, form, Around({"publication": words}, new_name=meant, act=act)), 422)


def _faults_for_readers(piece: Piece, form: SummaryForm, there: Summary | None, act: str) -> Faults:
    public = there is not None and there.published_at is not None
    faults = missing_for_readers(piece) if public or act == "publish" else {}
    if public and not form.is_silent and not form.correction:
        faults["correction"] = "Say what was wrong, or tick that this is a small fix of which readers are told nothing."
    if len(form.correction) > LONGEST_REASON:
        faults["correction"] = f"This has {len(form.correction):,} characters; {LONGEST_REASON:,} is the most."
    return faults


def _act(piece: Piece, form: SummaryForm, summary_id: int | None, act: str) -> Published | Saved | Conflict:
    if act == "publish":
        return editing.publish(here(), piece, summary_id, form.version, form.on_issue, saving_of(form))
    return editing.save(db(), now(), piece, summary_id, form.version, saving_of(form))


def _told(done: Published | Saved, form: SummaryForm, before: Summary | None) -> str:
    if isinstance(done, Saved):
        if before and before.published_at:
            return "The changes are saved, with a correction that readers see." if form.correction else _CHANGED
        return "The draft is saved."
    closed = f"The issue of {day_and_year(done.closed_date)} is closed" if done.closed_date else ""
    if done.wanted:
        return f"Published. {closed or 'No issue is open'}, so it goes on the next one."
    if done.issue_date is None:
        return "Published in the archive, on no issue."
    on = f"on the issue of {day_and_year(done.issue_date)}."
    return f"Published. {closed}, so it goes {on}" if closed else f"Published, and {on}"


_CHANGED = "The changes are saved."


def _with_links(told: str, done: Published | Saved) -> str:
    """The words, and where what was published is now: its editor may be led on to the next lead."""
    made = summary_by_id(reread(), done.summary_id) if isinstance(done, Published) else None
    if made is None:
        return told
    public, edited = (
        summary_path(made.publication.slug, made.slug, made.id),
        url_for("desk.summary", summary_id=made.id),
    )
    words = Markup('{told} <a href="{public}">See its page</a> or <a href="{edited}">go on with it</a>.')
    return words.format(told=told, public=public, edited=edited)


def _conflict_page(form: SummaryForm, summary_id: int | None, conflict: Conflict) -> Response:
    if form.form_key:
        autosaving.keep(here(), form.manuscript, summary_id, form.version, saving_of(form))
    theirs = summary_by_id(reread(), summary_id or 0) or abort(404)
    page = form_page(theirs, on_version(form, conflict.version), Around(theirs=theirs))
    return make_response(page, 409)


def _copy_in_form(summary_id: int) -> WorkingCopy | None:
    """The editor's own unsaved words; or another's, whom the address names, to go on with them."""
    whose = request.args.get("of", signed_in().id, int)
    return next((copy for copy in copies_beside(reading(), summary_id) if copy.editor_id == whose), None)


def _summary(summary_id: int) -> Summary:
    return summary_by_id(reading(), summary_id) or abort(404)
