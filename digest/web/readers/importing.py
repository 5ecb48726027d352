"""Files of readers on the desk: brought, tried, run, called off; and why rows were refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, cast

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from digest.operations.readers import desk_imports
from digest.operations.readers.import_tally import read_tally
from digest.operations.sending.send_status import a_clock_runs
from digest.operations.shared.csv_cells import as_csv
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.people.editors import all_editors
from digest.storage.readers.reader_imports import (
    UNDER_WAY,
    ReaderImport,
    latest_reader_imports,
    reader_import,
    refusals_of,
)
from digest.web.serving.limits import LARGEST_BODY
from digest.web.shared import forms
from digest.web.shared.context import db, here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.security import admins_only

_LATEST = 10
_REFUSED_SHOWN = 20


@desk.get("/subscribers/import")
def import_readers() -> str:
    """The form, and the latest imports."""
    admins_only()
    return _form({}, {})


@desk.post("/subscribers/import")
def bring_readers() -> BaseResponse:
    """Keep the file, and have it tried."""
    admins_only()
    form = {"consent": forms.line("consent"), "ignored": request.form.get("ignored", "").replace("\0", "")[:2_000]}
    ignored = "\n".join(name for line in form["ignored"].splitlines() if (name := line.strip()))
    file = request.files.get("file")
    try:
        brought = (cast("BinaryIO", file.stream), file.filename or "") if file else (cast("BinaryIO", None), "")
        found = desk_imports.take_in(here(), *brought, form["consent"], ignored, signed_in().email)
    except Refused as refusal:
        field = "consent" if file and file.filename else "file"
        return make_response(_form(form, {field: str(refusal)}), 422)
    return redirect(url_for("desk.reader_import", import_id=found), 303)


@desk.get(f"/subscribers/imports/<{ROW_ID}:import_id>", endpoint="reader_import")
def reader_import_page(import_id: int) -> str:
    """Where one import stands."""
    admins_only()
    return render_template("readers/import.html", **_standing(import_id))


@desk.get(f"/subscribers/imports/<{ROW_ID}:import_id>/progress")
def import_progress(import_id: int) -> str:
    """The part of that page that changes."""
    admins_only()
    return render_template("readers/import_progress.html", **_standing(import_id))


@desk.get(f"/subscribers/imports/<{ROW_ID}:import_id>/refused.csv")
def refused_rows(import_id: int) -> Response:
    """Line and reason of each row that was refused."""
    admins_only()
    _import(import_id)

    return Response(
        as_csv(_refused(db(), import_id)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="refused-{import_id}.csv"'},
    )


@desk.post(f"/subscribers/imports/<{ROW_ID}:import_id>/run")
def run_import(import_id: int) -> BaseResponse:
    """Let it run."""
    admins_only()
    _import(import_id)
    try:
        desk_imports.let_run(here(), import_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    return redirect(url_for("desk.reader_import", import_id=import_id), 303)


@desk.post(f"/subscribers/imports/<{ROW_ID}:import_id>/cancel")
def cancel_import(import_id: int) -> BaseResponse:
    """Call it off."""
    admins_only()
    _import(import_id)
    try:
        desk_imports.call_off(here(), import_id, signed_in().email)
    except Refused as refusal:
        flash(str(refusal), "bad")
    return redirect(url_for("desk.reader_import", import_id=import_id), 303)


def _refused(database: Database, import_id: int) -> Iterator[tuple[str, str]]:
    yield "line", "reason"
    with database.reading() as session:
        for line, reason in refusals_of(session, import_id):
            yield str(line), reason


def _form(form: dict[str, str], errors: dict[str, str]) -> str:
    return render_template(
        "readers/bring_readers.html",
        form=form,
        errors=errors,
        largest=LARGEST_BODY >> 20,
        latest=latest_reader_imports(reading(), _LATEST),
    )


def _import(import_id: int) -> ReaderImport:
    return reader_import(reading(), import_id) or abort(404)


def _standing(import_id: int) -> dict[str, object]:
    found = _import(import_id)
    tally = read_tally(found.tally or found.expected)
    names = {editor.email: editor.name for editor in all_editors(reading())}
    return {
        "found": found,
        "tally": tally,
        "who": names.get(found.who) or found.who,
        "is_live": found.state in UNDER_WAY,
        "refused": list(refusals_of(reading(), import_id, _REFUSED_SHOWN)),
        "clock_runs": a_clock_runs(reading()),
    }
