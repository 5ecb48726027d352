"""What lies beside a lead: stories near its own, summaries that it resembles or that link it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.storage.sources.leads import Lead, LeadResemblance
from digest.storage.sources.stories import NearStory
from digest.storage.writing.summaries import Summary

_SHOWN = 5


def near_leads(session: Session, story_id: int | None) -> list[Lead]:
    """The newest lead of each of the stories nearest to this one, the nearest first."""
    if story_id is None:
        return []
    near = session.execute(
        select(NearStory.near_id).where(NearStory.story_id == story_id).order_by(NearStory.score.desc()).limit(_SHOWN)
    )
    found = []
    for near_id in near.scalars():
        newest = select(Lead).where(Lead.story_id == near_id).order_by(Lead.published_at.desc(), Lead.id.desc())
        if lead := session.execute(newest.limit(1)).scalar_one_or_none():
            found.append(lead)
    return found


def resembled(session: Session, lead_id: int) -> list[Summary]:
    """The summaries that it resembles most, the nearest first; drafts among them."""
    rows = session.execute(
        select(Summary)
        .join(LeadResemblance, LeadResemblance.summary_id == Summary.id)
        .where(LeadResemblance.lead_id == lead_id)
        .order_by(LeadResemblance.score.desc())
    )
    return list(rows.scalars())


def summaries_named(session: Session, summary_ids: Collection[int]) -> dict[int, Summary]:
    """These summaries by id."""
    rows = session.execute(select(Summary).where(Summary.id.in_(summary_ids))).scalars()
    return {summary.id: summary for summary in rows}
