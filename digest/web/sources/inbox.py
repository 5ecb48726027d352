"""The inbox: what the sources brought, and what an editor does with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from digest.operations.shared.refusal import Refused
from digest.operations.sources import joining, triage
from digest.operations.sources.standings import Undone
from digest.operations.sources.triage import Acted, Verb
from digest.operations.sources.undoing import undo
from digest.storage.sources.acts import last_act, others_at
from digest.storage.sources.inbox import (
    LOOKED_THROUGH,
    InboxQuestion,
    InboxRow,
    inbox_rows,
    inbox_size,
    lead_by_id,
    leads_by_state,
    leads_of_story,
    publication_choices,
    publications_of,
    source_of,
    topic_choices,
)
from digest.storage.sources.leads import Lead
from digest.storage.sources.neighbours import near_leads, resembled, summaries_named
from digest.storage.sources.newsletters import newsletters_with
from digest.web.shared.context import here, now, reading, reread, settings, signed_in
from digest.web.shared.desk import ROW_ID, asked_word, desk, page_number
from digest.web.shared.security import local_path

_PAGE = 50
_MOST_OF_A_STORY = 200
_NEWSLETTERS = 3
_LARGEST_ID = 2**31 - 1
_SHOWS = ("waiting", "kept", "snoozed", "muted", "dismissed", "used", "retired")


@desk.get("/leads")
def leads() -> str:
    """What waits, the newest first; or what is kept, snoozed, muted, dismissed, used, retired."""
    asked, number = _question(), page_number()
    total = inbox_size(reading(), asked)
    rows = inbox_rows(reading(), asked, _PAGE, (number - 1) * _PAGE)
    return render_template(
        "sources/inbox.html",
        asked=asked,
        rows=rows,
        total=total,
        number=number,
        pages=max(1, -(-total // _PAGE)),
        shows=_SHOWS,
        counts=leads_by_state(reading(), asked.today, now()),
        looked_through=LOOKED_THROUGH,
        publications=publication_choices(reading(), asked),
        topics=topic_choices(reading(), asked),
        query=_query(),
        **_around([lead for row in rows for lead in row.leads]),
        **_shared(),
    )


@desk.get(f"/leads/<{ROW_ID}:lead_id>")
def lead(lead_id: int) -> str:
    """One lead with its story: a page, or with `?pane=1` the part of it that stands beside the inbox."""
    found = lead_by_id(reading(), lead_id) or abort(404)
    story = leads_of_story(reading(), found)
    near = near_leads(reading(), found.story_id)
    return render_template(
        "sources/pane.html" if request.args.get("pane") else "sources/lead.html",
        lead=found,
        row=InboxRow([found, *(each for each in story if each.id != found.id)]),
        near=near,
        resembled=resembled(reading(), found.id),
        source=source_of(reading(), found),
        newsletters=newsletters_with(reading(), found.id, _NEWSLETTERS),
        query=_query(),
        **_around([*story, *near]),
        **_shared(),
    )


@desk.post("/leads/act")
def act_on_leads() -> Response:
    """Keep, dismiss, snooze or restore the leads of a row, or of all rows that are shown."""
    snooze = request.form.get("snooze", "")
    verb = Verb.SNOOZE if snooze else request.form.get("verb", "")
    if verb not in list(Verb):
        abort(400)
    return _done(lambda: _words(triage.act(here(), signed_in().id, Verb(verb), _lead_ids(), _day(snooze))))


@desk.post(f"/leads/<{ROW_ID}:lead_id>/<any(join, split):act>")
def regroup_lead(lead_id: int, act: str) -> Response:
    """Put another lead's story together with this one's, or take leads out of it; no later sorting undoes that."""
    try:
        if act == "join":
            joining.join(here(), signed_in().id, [lead_id, *_few_ids()])
        else:
            joining.split(here(), signed_in().id, _few_ids())
    except Refused as refusal:
        flash(str(refusal), "warn")
    else:
        flash("These are one story now." if act == "join" else "It is a story of its own now.", "good")
    return redirect(url_for("desk.lead", lead_id=lead_id), 303)


@desk.post("/leads/undo")
def undo_leads() -> Response:
    """Take back what this editor did last."""
    return _done(lambda: undo(here(), signed_in().id))


@desk.post(f"/leads/<{ROW_ID}:lead_id>/look")
def look_at_lead(lead_id: int) -> Response:
    """Say that one has it open; the answer names who else has."""
    return jsonify(others=triage.look(here(), signed_in().id, lead_id))


def _done(do: Callable[[], str | Undone]) -> Response:
    """Do it and say so: as JSON for a script, else above the page that one came from."""
    as_json = request.accept_mimetypes.best == "application/json"
    try:
        done = do()
        whole = isinstance(done, str) or done.is_whole
        words, tone, status = done if isinstance(done, str) else done.words, "good" if whole else "warn", 200
    except Refused as refusal:
        words, tone, status = str(refusal), "warn", 409
    if as_json:
        answer = jsonify(words=words, counts=leads_by_state(reread(), _today(), now()))
        answer.status_code = status
        return answer
    flash(words, tone)
    return redirect(local_path(request.form.get("back"), url_for("desk.leads")), 303)


_PAST = {
    Verb.KEEP: "kept",
    Verb.DISMISS: "dismissed",
    Verb.SWEEP: "dismissed",
    Verb.SNOOZE: "snoozed",
    Verb.RESTORE: "back in the inbox",
}


def _words(acted: Acted) -> str:
    what = "1 lead is" if acted.leads == 1 else f"{acted.leads:,} leads are"
    return f"{what} {_PAST[acted.verb]}."


def _question() -> InboxQuestion:
    given = request.args
    show = given.get("show", "waiting")
    return InboxQuestion(
        today=_today(),
        show=show if show in _SHOWS else "waiting",
        text=asked_word("q", 200),
        publication=asked_word("publication", 100),
        topic=asked_word("topic", 100),
        source=min(max(0, given.get("source", 0, int)), _LARGEST_ID),
    )


def _query() -> str:
    """What narrows the inbox, to come back to the same one."""
    kept = {name: value for name, value in request.args.items() if name != "pane" and value}
    return f"?{urlencode(kept)}" if kept else ""


def _around(shown: Sequence[Lead]) -> dict[str, Any]:
    """What is said of leads beside themselves: publications, summaries, and who has them open."""
    ids = {found for lead in shown for found in (lead.summary_id, lead.linked_in) if found}
    return {
        "names": publications_of(reading(), shown),
        "summaries": summaries_named(reading(), ids),
        "others": others_at(reading(), [lead.id for lead in shown], signed_in().id, now()),
    }


def _shared() -> dict[str, Any]:
    return {"snoozes": _snoozes(_today()), "undoable": last_act(reading(), signed_in().id)}


def _snoozes(today: date) -> list[tuple[str, date]]:
    """The days that one mostly means, the nearest first."""
    monday = today + timedelta(days=7 - today.weekday())
    days = [("Tomorrow", today + timedelta(days=1)), ("Monday", monday), ("In a week", today + timedelta(days=7))]
    return [(words, day) for at, (words, day) in enumerate(days) if day not in [other for _, other in days[:at]]]


def _lead_ids() -> list[int]:
    ids = request.form.getlist("lead", type=int)
    return ids if ids and all(0 < lead_id <= _LARGEST_ID for lead_id in ids) else abort(400)


def _few_ids() -> list[int]:
    """Those of a story: each of them is set against each of the others."""
    ids = _lead_ids()
    return ids if len(ids) <= _MOST_OF_A_STORY else abort(400)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _today() -> date:
    return settings().schedule.local(now()).date()
