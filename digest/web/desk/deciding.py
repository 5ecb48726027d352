"""Deciding about a batch of which nobody knows whether it left: what is known, three choices, and asking once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.refusal import Refused
from digest.operations.settling import WORDS, Settled, settle
from digest.storage.attempts import attempts_at
from digest.storage.batches import Batch, Cause
from digest.storage.doubts import Alike, count_alike, doubt_about
from digest.storage.editors import all_editors
from digest.storage.settlements import Verdict, settlements_of
from digest.web import forms
from digest.web.context import db, now, reading, settings, signed_in, site
from digest.web.desk.blueprint import ROW_ID, desk
from digest.web.desk.issue_page import issue_of

_LONGEST = 500

_CAUSES: Mapping[str, str] = {
    Cause.NO_ANSWER: "The whole request had left, and no complete answer came back.",
    Cause.BAD_ANSWER: "SendGrid answered, but with nothing that says whether it took it.",
    Cause.SENDER_DIED: "The program that sent it did not report back in time.",
    Cause.RESTORED: "The database was brought back from a backup: it may have gone after that was made.",
}


@desk.get(f"/reports/<day>/batches/<{ROW_ID}:batch_id>")
def decide(day: str, batch_id: int) -> str | Response:
    """What is known and the choices; once one is chosen, the question whether that is so."""
    batch = _batch(day, batch_id)
    doubt = doubt_about(reading(), batch.id)
    alike = count_alike(reading(), doubt) if doubt else Alike(0, 0)
    chosen = request.args.get("verdict", "")
    confirming = doubt is not None and chosen in WORDS
    return render_template(
        "desk/reports/confirm.html" if confirming else "desk/reports/decide.html",
        issue=issue_of(day),
        batch=batch,
        doubt=doubt,
        since=_moment(batch.unknown_at),
        cause=_CAUSES.get(batch.cause, ""),
        attempts=attempts_at(reading(), [batch.id]).get(batch.id, ()),
        settlements=settlements_of(reading(), [batch.id]).get(batch.id, ()),
        names={editor.email: editor.name for editor in all_editors(reading())},
        alike=alike,
        together=request.args.get("alike") == "1" and alike.batches > 1,
        verdict=chosen,
        because=request.args.get("because", "").strip()[:_LONGEST],
        unchosen="asked" in request.args,
    )


@desk.post(f"/reports/<day>/batches/<{ROW_ID}:batch_id>")
def decide_now(day: str, batch_id: int) -> Response:
    """Take the editor's word."""
    batch = _batch(day, batch_id)
    verdict = forms.line("verdict")
    if verdict not in WORDS:
        return redirect(url_for("desk.decide", day=day, batch_id=batch_id, asked=1), 303)
    try:
        settled = settle(
            db(), settings(), now(), batch.id, Verdict(verdict), signed_in().email,
            forms.line("because")[:_LONGEST], forms.pressed("alike"),
        )  # fmt: skip
    except Refused as refusal:
        flash(f"{refusal} Nothing was done twice.", "warn")
    else:
        site().wake()
        flash(_words(settled), "good")
    return redirect(url_for("desk.report", day=day), 303)


def _words(settled: Settled) -> str:
    copies = f"{settled.copies:,} {'copy' if settled.copies == 1 else 'copies'}"
    goes = "when someone resumes the send, which was stopped" if settled.stopped else "by the clock, within seconds"
    return {
        Verdict.SENT: f"Decided: {copies} counted as accepted. Nothing was mailed.",
        Verdict.RESEND: f"Decided: {copies} to be sent again {goes}.",
        Verdict.SKIP: f"Decided: {copies} skipped. Nothing was mailed.",
    }[settled.verdict]


def _batch(day: str, batch_id: int) -> Batch:
    issue = issue_of(day)
    batch = reading().get(Batch, batch_id)
    if batch is None or batch.issue_id != issue.id:
        abort(404, "This issue has no such batch. Its report lists them all.")
    return batch


def _moment(database_seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(database_seconds, UTC) if database_seconds else None
