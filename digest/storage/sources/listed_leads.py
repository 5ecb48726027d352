"""Leads as they are listed, with their stories, what they resemble and who has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from digest.domain.sources.states import WAITING, LeadState
from digest.storage.people.editors import Editor
from digest.storage.sources.leads import Lead, LeadResemblance
from digest.storage.sources.stories import near_stories
from digest.storage.writing.publications import Publication

_AT_ONCE = 500


@dataclass(frozen=True)
class ListedLead:
    """A lead. `by` is the editor who last did something with it, else who brought it."""

    id: int
    guid: str
    url: str
    title: str
    publication: str
    published_at: datetime
    state: str
    story: int | None
    near: tuple[int, ...]
    resembles: tuple[tuple[int, float], ...]
    """Summaries with their scores, best first."""
    linked_in: int | None
    by: str


def listed_leads(session: Session, today: date, everything: bool = False) -> Iterator[ListedLead]:
    """What waits, or every lead, the newest first; `today` wakes what was snoozed until then."""
    asked = select(Lead.id).order_by(Lead.published_at.desc(), Lead.id.desc())
    if not everything:
        due = and_(Lead.state == LeadState.SNOOZED, Lead.snoozed_until <= today)
        asked = asked.where(or_(Lead.state.in_(WAITING), due))
    ids = list(session.execute(asked).scalars())
    for start in range(0, len(ids), _AT_ONCE):
        yield from _listed(session, ids[start : start + _AT_ONCE])


def _listed(session: Session, ids: Sequence[int]) -> Iterator[ListedLead]:
    rows = session.execute(
        select(
            Lead.id, Lead.guid, Lead.url, Lead.title, func.coalesce(Publication.name, Lead.publication),
            Lead.published_at, Lead.state, Lead.story_id, Lead.linked_in, func.coalesce(Editor.email, Lead.by),
        )
        .outerjoin(Publication, Publication.id == Lead.publication_id)
        .outerjoin(Editor, Editor.id == Lead.touched_by)
        .where(Lead.id.in_(ids))
        .order_by(Lead.published_at.desc(), Lead.id.desc())
    ).all()  # fmt: skip
    near = near_stories(session, sorted({row[7] for row in rows if row[7] is not None}))
    resembles = _resembles(session, ids)
    for row in rows:
        lead_id, story, linked_in, by = row[0], row[7], row[8], row[9]
        alike = tuple(resembles[lead_id])
        close = tuple(near.get(story, ())) if story else ()
        yield ListedLead(*row[:7], story, close, alike, linked_in, by)


def _resembles(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[int, float]]]:
    found = defaultdict[int, list[tuple[int, float]]](list)
    rows = session.execute(
        select(LeadResemblance.lead_id, LeadResemblance.summary_id, LeadResemblance.score)
        .where(LeadResemblance.lead_id.in_(ids))
        .order_by(LeadResemblance.lead_id, LeadResemblance.score.desc(), LeadResemblance.summary_id)
    )
    for lead, summary, score in rows:
        found[lead].append((summary, round(score, 4)))
    return found
