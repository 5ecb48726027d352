"""Leads whose time is over: those that nobody touched retire, those that nobody used are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from digest.domain.sources.states import LeadState
from digest.storage.sources.leads import Lead
from digest.storage.sources.stories import Story


def untouched_leads(session: Session, before: datetime) -> list[int]:
    """The ids of leads that arrived before then, are still new, and that no editor did anything with."""
    asked = select(Lead.id).where(Lead.state == LeadState.NEW, Lead.touched_at.is_(None), Lead.arrived_at < before)
    return list(session.execute(asked).scalars())


def retire_leads(session: Session, ids: Sequence[int]) -> None:
    """Take these from the desk, unless an editor has taken one up meanwhile."""
    session.execute(
        update(Lead)
        .where(Lead.id.in_(ids), Lead.state == LeadState.NEW, Lead.touched_at.is_(None))
        .values(state=LeadState.RETIRED)
    )


def unused_leads(session: Session, before: datetime) -> list[int]:
    """The ids of leads that became no summary, and that have neither come nor been touched since then.

    What is snoozed to a later day stays.
    """
    asked = select(Lead.id).where(*_over(before), func.coalesce(Lead.touched_at, Lead.arrived_at) < before)
    return list(session.execute(asked).scalars())


def forget_leads(session: Session, ids: Sequence[int]) -> None:
    """Delete these, unless one was used meanwhile. Their keys stay, so that none comes again as new."""
    session.execute(delete(Lead).where(Lead.id.in_(ids), Lead.state != LeadState.USED, Lead.summary_id.is_(None)))


def empty_stories(session: Session, before: datetime) -> list[int]:
    """The ids of stories made before then that have no leads any more."""
    asked = select(Story.id).where(Story.made_at < before, ~exists().where(Lead.story_id == Story.id))
    return list(session.execute(asked).scalars())


def forget_stories(session: Session, ids: Sequence[int]) -> None:
    """Delete these, unless one got a lead meanwhile."""
    session.execute(delete(Story).where(Story.id.in_(ids), ~exists().where(Lead.story_id == Story.id)))


def _over(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Lead.state != LeadState.USED,
        Lead.summary_id.is_(None),
        or_(Lead.state != LeadState.SNOOZED, Lead.snoozed_until < before.date()),
    )
