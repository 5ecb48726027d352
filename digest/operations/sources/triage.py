"""Triage: what an editor does with leads, one or all that are shown, and its undoing.

Whoever acts last wins; nobody is ever locked out. An act keeps what there was before, and undoing brings back only what
nobody has touched since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.domain.shared.stored import packed, parts, unpacked
from digest.domain.sources.states import LeadState
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.sources.acts import LeadAct, keep_act, last_act, note_look, others_at
from digest.storage.sources.leads import Lead, leads_for_change, put_leads

_VERSION = 1
_MOST = 5_000


class Verb(StrEnum):
    """What can be done with a lead on the desk."""

    KEEP = "keep"
    DISMISS = "dismiss"
    SNOOZE = "snooze"
    RESTORE = "restore"
    """Back into the inbox, as if it were new."""


_BECOMES: Mapping[Verb, LeadState] = {
    Verb.KEEP: LeadState.KEPT,
    Verb.DISMISS: LeadState.DISMISSED,
    Verb.SNOOZE: LeadState.SNOOZED,
    Verb.RESTORE: LeadState.NEW,
}


@dataclass(frozen=True)
class Acted:
    """What was done, and with how many leads."""

    verb: str
    leads: int


@dataclass(frozen=True)
class Standing:
    """How a lead stood before an act."""

    lead_id: int
    state: str
    snoozed_until: date | None
    touched_at: datetime | None
    touched_by: int | None


def act(context: Context, editor_id: int, verb: Verb, lead_ids: Collection[int], until: date | None = None) -> Acted:
    """Do this with these leads; those that became a summary stay as they are. `until`: the day a snoozed lead is back.

    Raises Refused for a day that is not ahead, and for more leads than one act takes.
    """
    if len(lead_ids) > _MOST:
        raise Refused(f"These are {len(lead_ids):,} leads; {_MOST:,} at once are the most. Narrow the list first.")
    today = context.settings.schedule.local(context.now).date()
    if verb is Verb.SNOOZE and (until is None or until <= today):
        raise Refused("Say a day after today on which the lead comes back.")
    with context.db.writing() as session:
        leads = [lead for lead in leads_for_change(session, lead_ids) if lead.state != LeadState.USED]
        if not leads:
            return Acted(verb, 0)
        before = [_standing(lead) for lead in leads]
        becomes = Standing(0, _BECOMES[verb], until if verb is Verb.SNOOZE else None, context.now, editor_id)
        _put(session, [lead.id for lead in leads], becomes)
        keep_act(session, LeadAct(editor_id=editor_id, verb=verb, at=context.now, before=_packed(before), undone=False))
    return Acted(verb, len(leads))


def undo(context: Context, editor_id: int) -> Acted:
    """Take back what this editor did last and has not taken back yet; leads that somebody touched since stay.

    Raises Refused if there is nothing.
    """
    with context.db.writing() as session:
        done = last_act(session, editor_id)
        if done is None:
            raise Refused("There is nothing left to undo: the last 20 things you did with leads can be.")
        before = {standing.lead_id: standing for standing in _unpacked(done.before)}
        untouched = [
            lead
            for lead in leads_for_change(session, before)
            if lead.touched_by == editor_id and lead.touched_at == done.at and lead.state != LeadState.USED
        ]
        alike: defaultdict[Standing, list[int]] = defaultdict(list)
        for lead in untouched:
            was = before[lead.id]
            alike[Standing(0, was.state, was.snoozed_until, was.touched_at, was.touched_by)].append(lead.id)
        for standing, lead_ids in alike.items():
            _put(session, lead_ids, standing)
        done.undone = True
        return Acted(done.verb, len(untouched))


def look(context: Context, editor_id: int, lead_id: int) -> list[str]:
    """Note that this editor has the lead open; the names of the others who have."""
    with context.db.writing() as session:
        if session.get(Lead, lead_id) is None:
            return []
        note_look(session, lead_id, editor_id, context.now)
        return others_at(session, [lead_id], editor_id, context.now).get(lead_id, [])


def _standing(lead: Lead) -> Standing:
    return Standing(lead.id, lead.state, lead.snoozed_until, lead.touched_at, lead.touched_by)


def _put(session: Session, lead_ids: Collection[int], standing: Standing) -> None:
    put_leads(
        session,
        lead_ids,
        state=standing.state,
        snoozed_until=standing.snoozed_until,
        touched_at=standing.touched_at,
        touched_by=standing.touched_by,
    )


def _packed(standings: Collection[Standing]) -> str:
    rows = [
        {
            "lead": each.lead_id,
            "state": each.state,
            "snoozed_until": each.snoozed_until,
            "touched_at": each.touched_at.isoformat() if each.touched_at else None,
            "touched_by": each.touched_by,
        }
        for each in standings
    ]
    return packed({"leads": rows}, _VERSION)


def _unpacked(text: str) -> list[Standing]:
    what = "act on leads"
    return [
        Standing(
            row["lead"],
            row["state"],
            date.fromisoformat(row["snoozed_until"]) if row.get("snoozed_until") else None,
            datetime.fromisoformat(row["touched_at"]) if row.get("touched_at") else None,
            row.get("touched_by"),
        )
        for row in parts(unpacked(text, _VERSION, what), what, "leads")
    ]
