"""How leads stood before an act, kept with it so that it can be undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.domain.shared.stored import packed, parts, unpacked
from digest.storage.sources.acts import LeadAct
from digest.storage.sources.leads import Lead, put_leads

WHAT = "act on leads"
VERSION = 1


@dataclass(frozen=True)
class Undone:
    """What became of an undoing, in words; not `is_whole` where something had to stay as it is."""

    words: str
    is_whole: bool = True


@dataclass(frozen=True)
class Standing:
    """How a lead stood, or stands from now on."""

    lead_id: int
    state: str
    snoozed_until: date | None
    touched_at: datetime | None
    touched_by: int | None


def standing_of(lead: Lead) -> Standing:
    """How it stands now."""
    return Standing(lead.id, lead.state, lead.snoozed_until, lead.touched_at, lead.touched_by)


def put(session: Session, lead_ids: Collection[int], standing: Standing) -> None:
    """Let these leads stand so."""
    put_leads(
        session,
        lead_ids,
        state=standing.state,
        snoozed_until=standing.snoozed_until,
        touched_at=standing.touched_at,
        touched_by=standing.touched_by,
    )


def bring_back(session: Session, standings: Iterable[Standing]) -> None:
    """Let each lead stand as it stood, those that stood alike in one statement."""
    alike: defaultdict[Standing, list[int]] = defaultdict(list)
    for was in standings:
        alike[Standing(0, was.state, was.snoozed_until, was.touched_at, was.touched_by)].append(was.lead_id)
    for standing, lead_ids in alike.items():
        put(session, lead_ids, standing)


def is_as_left(lead: Lead, done: LeadAct) -> bool:
    """Whether nobody has touched the lead since this act."""
    return lead.touched_by == done.editor_id and lead.touched_at == done.at


def told(standings: Iterable[Standing], **more: object) -> str:
    """Standings, and whatever else an act has to remember, as they are stored."""
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
    return packed({"leads": rows, **more}, VERSION)


def standings_in(done: LeadAct) -> dict[int, Standing]:
    """By lead, how it stood before this act. Raises UnreadableRecord."""
    return {
        row["lead"]: Standing(
            row["lead"],
            row["state"],
            date.fromisoformat(row["snoozed_until"]) if row.get("snoozed_until") else None,
            datetime.fromisoformat(row["touched_at"]) if row.get("touched_at") else None,
            row.get("touched_by"),
        )
        for row in parts(unpacked(done.before, VERSION, WHAT), WHAT, "leads")
    }


def waiting_again(leads: int) -> str:
    """How many leads an undoing brought back."""
    return f"Undone: {'1 lead is' if leads == 1 else f'{leads:,} leads are'} as before."
