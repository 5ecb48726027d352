"""Triage: what an editor does with leads, one or all that are shown, and who has which one open.

Whoever acts last wins; nobody is ever locked out. An act keeps what there was before (`undoing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from digest.domain.sources.states import LeadState
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.sources.standings import (
    Standing,
    Undone,
    bring_back,
    is_as_left,
    put,
    standing_of,
    standings_in,
    told,
    waiting_again,
)
from digest.storage.sources.acts import LeadAct, keep_act, note_look, others_at
from digest.storage.sources.leads import Lead, leads_for_change

_MOST = 5_000


class Verb(StrEnum):
    """What can be done with a lead on the desk."""

    KEEP = "keep"
    DISMISS = "dismiss"
    SWEEP = "sweep"
    """Dismiss all that are shown, but for what is kept."""
    SNOOZE = "snooze"
    RESTORE = "restore"
    """Back into the inbox, as if it were new."""


_BECOMES: Mapping[Verb, LeadState] = {
    Verb.KEEP: LeadState.KEPT,
    Verb.DISMISS: LeadState.DISMISSED,
    Verb.SWEEP: LeadState.DISMISSED,
    Verb.SNOOZE: LeadState.SNOOZED,
    Verb.RESTORE: LeadState.NEW,
}


@dataclass(frozen=True)
class Acted:
    """What was done, and with how many leads."""

    verb: Verb
    leads: int


def act(context: Context, editor_id: int, verb: Verb, lead_ids: Collection[int], until: date | None = None) -> Acted:
    """Do this with these leads; those that became a summary stay as they are. `until`: the day a snoozed lead is back.

    A sweep leaves alone what anybody has kept by now, the list that it was read from notwithstanding.

    Raises Refused for a day that is not ahead, and for more leads than one act takes.
    """
    if len(lead_ids) > _MOST:
        raise Refused(f"These are {len(lead_ids):,} leads; {_MOST:,} at once are the most. Narrow the list first.")
    today = context.settings.schedule.local(context.now).date()
    if verb is Verb.SNOOZE and (until is None or until <= today):
        raise Refused("Say a day after today on which the lead comes back.")
    with context.db.writing() as session:
        stay = (LeadState.USED, LeadState.KEPT) if verb is Verb.SWEEP else (LeadState.USED,)
        leads = [lead for lead in leads_for_change(session, lead_ids) if lead.state not in stay]
        if not leads:
            return Acted(verb, 0)
        before = told(map(standing_of, leads))
        becomes = Standing(0, _BECOMES[verb], until if verb is Verb.SNOOZE else None, context.now, editor_id)
        put(session, [lead.id for lead in leads], becomes)
        keep_act(session, LeadAct(editor_id=editor_id, verb=verb, at=context.now, before=before, undone=False))
    return Acted(verb, len(leads))


def put_back(work: Work, done: LeadAct) -> Undone:
    """Let the leads of this act stand as before, but for those that somebody touched since, or wrote about."""
    before = standings_in(done)
    untouched = [
        before[lead.id]
        for lead in leads_for_change(work.session, before)
        if is_as_left(lead, done) and lead.state != LeadState.USED
    ]
    bring_back(work.session, untouched)
    return Undone(waiting_again(len(untouched)))


def look(context: Context, editor_id: int, lead_id: int) -> list[str]:
    """Note that this editor has the lead open; the names of the others who have."""
    with context.db.writing() as session:
        if session.get(Lead, lead_id) is None:
            return []
        note_look(session, lead_id, editor_id, context.now)
        return others_at(session, [lead_id], editor_id, context.now).get(lead_id, [])
