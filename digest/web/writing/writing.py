"""Writing a summary: the form, its live preview, saving and publishing."""

from __future__ import annotations

from difflib import unified_diff

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.manuscript import Faults, Piece, missing_for_readers, read
from digest.operations.shared.links import summary_path
from digest.operations.shared.refusal import Refused
from digest.operations.writing import editing
from digest.operations.writing.editing import Conflict, Published, Saved
from digest.storage.base.patience import Busy
from digest.storage.issues.issues import Issue, current_issue, first_open_issue
from digest.storage.issues.selections import issue_carrying
from digest.storage.writing.publications import publication_names
from digest.storage.writing.summaries import Summary, summary_by_id
from digest.storage.writing.topics import all_topics
from digest.web.shared.context import db, here, now, reading, reread, settings
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.unsaved import note_unsaved, try_later
from digest.web.writing.summary_form import SummaryForm, empty_form, form_of, on_version, preview_of, sent_form

_UNSAVED = (
    "This is not saved yet: the database is busy with other work. Nothing is lost: your words are in the form. "
    "Wait a moment, then press the button again."
)


@desk.get("/summaries/new")
def new_summary() -> str:
    """An empty form."""
    today = settings().schedule.local(now()).date()
    return _page(None, empty_form(today.isoformat()))


@desk.get(f"/summaries/<{ROW_ID}:summary_id>")
def summary(summary_id: int) -> str:
    """The form with a draft or a published summary in it."""
    found = _summary(summary_id)
    return _page(found, form_of(found))


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


def _taken(summary_id: int | None) -> Response:
    form, act = sent_form(), request.form.get("act", "save")
    there = summary_by_id(reading(), summary_id) if summary_id else None
    if act == "preview":
        return make_response(_page(there, form))
    piece = read(form.manuscript)
    faults = piece if isinstance(piece, dict) else _faults_for_readers(piece, there, act)
    if isinstance(piece, dict) or faults:
        return make_response(_page(there, form, faults), 422)
    try:
        done = _act(piece, form, summary_id, act)
    except Refused as refusal:
        return make_response(_page(None, form, {"title": str(refusal)}), 409)
    except Busy as busy:
        note_unsaved(busy)
        flash(_UNSAVED, "bad")
        return try_later(make_response(_page(there, form, unsaved=True)))
    if isinstance(done, Conflict):
        return _conflict_page(form, summary_id, done)
    flash(_told(done, there), "good")
    return redirect(url_for("desk.summary", summary_id=done.summary_id), 303)


def _faults_for_readers(piece: Piece, there: Summary | None, act: str) -> Faults:
    seen = act == "publish" or (there is not None and there.published_at is not None)
    return missing_for_readers(piece) if seen else {}


def _act(piece: Piece, form: SummaryForm, summary_id: int | None, act: str) -> Published | Saved | Conflict:
    if act == "publish":
        return editing.publish(here(), piece, summary_id, form.version, form.on_issue)
    return editing.save(db(), now(), piece, summary_id, form.version)


def _told(done: Published | Saved, before: Summary | None) -> str:
    if isinstance(done, Saved):
        return "The changes are saved." if before and before.published_at else "The draft is saved."
    closed = f"The issue of {day_and_year(done.closed_date)} is closed" if done.closed_date else ""
    if done.wanted:
        return f"Published. {closed or 'No issue is open'}, so it goes on the next one."
    if done.issue_date is None:
        return "Published in the archive, on no issue."
    on = f"on the issue of {day_and_year(done.issue_date)}."
    return f"Published. {closed}, so it goes {on}" if closed else f"Published, and {on}"


def _conflict_page(form: SummaryForm, summary_id: int | None, conflict: Conflict) -> Response:
    theirs = summary_by_id(reread(), summary_id or 0) or abort(404)
    page = _page(theirs, on_version(form, conflict.version), theirs=theirs)
    return make_response(page, 409)


def _page(
    there: Summary | None,
    form: SummaryForm,
    faults: Faults | None = None,
    theirs: Summary | None = None,
    unsaved: bool = False,
) -> str:
    session, faults = reading(), faults or {}
    topics = all_topics(session)
    return render_template(
        "writing/summary.html",
        summary=there,
        form=form,
        typed=form.manuscript,
        errors=_summed_up(faults),
        rows=form.rows(faults),
        publications=publication_names(session),
        topics=[(topic.name, topic.name) for topic in topics],
        new_topics=form.new_topics(topics),
        carrier=issue_carrying(session, there.id) if there else None,
        target=_day_of(first_open_issue(session)),
        closed=_closed(current_issue(session)),
        archive_path=_archive_path(there),
        theirs=theirs,
        unsaved=unsaved,
        difference=_difference(theirs, form) if theirs else "",
        preview=preview_of(form),
    )


def _summed_up(faults: Faults) -> Faults:
    """The faults by the form's fields; those of single sources under the list of sources."""
    rows = [f"Source {int(key[7:]) + 1}: {fault}" for key, fault in faults.items() if key.startswith("source-")]
    others = {key: fault for key, fault in faults.items() if not key.startswith("source-")}
    return others | ({"sources": " ".join(rows)} if rows else {})


def _day_of(issue: Issue | None) -> str:
    return day_and_year(issue.send_date) if issue else ""


def _closed(issue: Issue | None) -> str:
    return _day_of(issue) if issue and issue.state == IssueState.CLOSED else ""


def _archive_path(there: Summary | None) -> str:
    return summary_path(there.publication.slug, there.slug, there.id) if there and there.published_at else ""


def _difference(theirs: Summary, form: SummaryForm) -> str:
    """What differs between the saved words and the typed ones, line by line."""
    return "\n".join(
        line
        for line in unified_diff(_lines(form_of(theirs)), _lines(form), lineterm="", n=1)
        if not line.startswith(("---", "+++", "@@"))
    )


def _lines(form: SummaryForm) -> list[str]:
    typed = form.manuscript
    sources = [" ".join((source.url, source.title, source.publication)).strip() for source in typed.sources]
    body = typed.body.replace("\r\n", "\n").strip().split("\n")
    topics = ", ".join(sorted(typed.topics))
    return [typed.title.strip(), typed.date, typed.publication.strip(), *sources, topics, *body]


def _summary(summary_id: int) -> Summary:
    return summary_by_id(reading(), summary_id) or abort(404)
