"""Deciding about a batch of which nobody knows whether it left: what is known, three choices, and asking once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import abort, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response

from digest.domain.shared.addresses import without_addresses
from digest.operations.accounting.deciding import WORDS, Decided, OthersMeanwhile, decide_batch
from digest.operations.sending.send_status import a_clock_runs
from digest.operations.shared.refusal import Refused
from digest.storage.accounting.settlements import Verdict, settlements_of
from digest.storage.accounting.unsettled import Alike, taken_together, unsettled_alike, unsettled_batch
from digest.storage.people.editors import all_editors
from digest.storage.sending.attempts import attempts_at
from digest.storage.sending.batches import Batch, Cause
from digest.web.issues.issue_page import issue_of
from digest.web.shared import forms
from digest.web.shared.context import here, reading, signed_in
from digest.web.shared.desk import ROW_ID, desk
from digest.web.shared.security import senders_only

_LONGEST = 500
_PATH = f"/reports/<day>/batches/<{ROW_ID}:batch_id>"

_CAUSES: Mapping[str, str] = {
    Cause.NO_ANSWER: "The whole request had left, and no complete answer came back.",
    Cause.BAD_ANSWER: "SendGrid answered, but with nothing that says whether it took it.",
    Cause.SENDER_DIED: "The program that sent it did not report back in time.",
    Cause.RESTORED: "The database was brought back from a backup: it may have gone after that was made.",
}


@dataclass(frozen=True)
class _Word:
    """What an editor said, as the forms carry it; `alike`: of all batches with the same cause."""

    verdict: str = ""
    because: str = ""
    alike: bool = False
    shown: str = ""
    """The mark of those batches, as the page showed them."""

    def faults(self) -> dict[str, str]:
        """What has to be mended before it can count, by field."""
        faults = {} if self.verdict in WORDS else {"verdict": "Choose what became of it."}
        if len(self.because) > _LONGEST:
            faults["because"] = f"Say it in {_LONGEST} characters or fewer."
        elif without_addresses(self.because) != self.because:
            faults["because"] = "Take the email address out: what you write is kept for longer than readers are."
        return faults


@desk.get(_PATH)
def decide(day: str, batch_id: int) -> str:
    """What is known, and the choices."""
    senders_only()
    return _page(day, batch_id, _Word())


@desk.get(f"{_PATH}/confirm")
def ask_again(day: str, batch_id: int) -> Response:
    """The question belongs to a choice, which no address carries: to the choices."""
    senders_only()
    return redirect(url_for("desk.decide", day=day, batch_id=batch_id))


@desk.post(f"{_PATH}/confirm")
def ask_to_confirm(day: str, batch_id: int) -> Response:
    """Ask whether that is so, or show the choices again. Nothing changes; and by POST, so that no log has the words."""
    senders_only()
    word = _said()
    if forms.pressed("again"):
        return make_response(_page(day, batch_id, word))
    if faults := word.faults():
        return make_response(_page(day, batch_id, word, faults), 422)
    return make_response(_page(day, batch_id, word, template="confirm"))


@desk.post(_PATH)
def decide_now(day: str, batch_id: int) -> Response:
    """Take the sender's word."""
    senders_only()
    word = _said()
    batch = _batch(day, batch_id)
    if faults := word.faults():
        return make_response(_page(day, batch_id, word, faults), 422)
    try:
        settled = decide_batch(
            here(), batch.id, Verdict(word.verdict), signed_in().email, word.because, word.alike,
            word.shown,
        )  # fmt: skip
    except OthersMeanwhile as refusal:
        flash(f"{refusal} Nothing was decided.", "warn")
        return redirect(url_for("desk.decide", day=day, batch_id=batch_id), 303)
    except Refused as refusal:
        flash(f"{refusal} Nothing was done twice.", "warn")
    else:
        flash(_words(settled, a_clock_runs(reading())), "good")
    return redirect(url_for("desk.report", day=day), 303)


def _said() -> _Word:
    return _Word(forms.line("verdict"), forms.line("because"), forms.pressed("alike"), forms.line("shown"))


def _page(
    day: str, batch_id: int, word: _Word, faults: Mapping[str, str] | None = None, template: str = "decide"
) -> str:
    """The choices, or the question about one; where there is no doubt any more, what became of the batch."""
    batch = _batch(day, batch_id)
    unsettled = unsettled_batch(reading(), batch.id)
    alike = taken_together(unsettled_alike(reading(), unsettled)) if unsettled else Alike()
    return render_template(
        f"accounting/{template if unsettled else 'decide'}.html",
        issue=issue_of(day),
        batch=batch,
        unsettled=unsettled,
        since=_moment(batch.unknown_at),
        cause=_CAUSES.get(batch.cause, ""),
        attempts=attempts_at(reading(), [batch.id]).get(batch.id, ()),
        settlements=settlements_of(reading(), [batch.id]).get(batch.id, ()),
        names={editor.email: editor.name for editor in all_editors(reading())},
        alike=alike,
        together=word.alike and alike.batches > 1,
        word=word,
        clock_runs=a_clock_runs(reading()),
        longest=_LONGEST,
        faults=faults or {},
    )


def _words(settled: Decided, clock_runs: bool) -> str:
    copies = f"{settled.copies:,} {'copy' if settled.copies == 1 else 'copies'}"
    goes = "by the clock, within seconds" if clock_runs else "when the clock runs again, or by “digest send”"
    if settled.stopped:
        goes = "when someone resumes the send, which was stopped"
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
