"""Leads: candidate entries that a source brought, an editor pasted, or a file held."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.sources.states import LeadState
from digest.storage.base.model import NEVER_REUSED, Base


class Lead(Base):
    """One lead. All moments are UTC."""

    __tablename__ = "leads"
    __table_args__ = (
        Index(None, "state", "published_at"),
        Index(None, "source_id", "arrived_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id", ondelete="SET NULL"))
    """The source that brought it first; none for what was pasted or imported."""
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publications.id", ondelete="SET NULL"), index=True)
    publication: Mapped[str] = mapped_column(String(200), default="")
    """As the source or the file has it; shown where no publication of ours is known."""
    guid: Mapped[str] = mapped_column(Text, default="")
    url: Mapped[str] = mapped_column(Text, default="")
    canonical: Mapped[str] = mapped_column(String(64), index=True, default="")
    """A hash of the canonical address, by which the same page is known again; empty without an address."""
    title: Mapped[str] = mapped_column(String(500))
    lede: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(35), default="")
    published_at: Mapped[datetime] = mapped_column(index=True)
    """As its publisher says; where it says nothing, when it arrived."""
    arrived_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(10), default=LeadState.NEW)
    touched_at: Mapped[datetime | None]
    """When an editor last did something with it; what nobody touches retires."""
    touched_by: Mapped[int | None] = mapped_column(ForeignKey("editors.id", ondelete="SET NULL"))
    snoozed_until: Mapped[date | None]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("source_rules.id", ondelete="SET NULL"))
    """The rule that muted it."""
    story_id: Mapped[int | None] = mapped_column(ForeignKey("stories.id", ondelete="SET NULL"), index=True)
    summary_id: Mapped[int | None] = mapped_column(ForeignKey("summaries.id", ondelete="SET NULL"), index=True)
    """What was made of it."""
    linked_in: Mapped[int | None] = mapped_column(ForeignKey("summaries.id", ondelete="SET NULL"))
    """A summary that links the same canonical address: that is certain."""
    by: Mapped[str] = mapped_column(String(254), default="")
    """Who brought it, where a person did."""


class LeadKey(Base):
    """What a lead is known again by, hashed: its guid, its canonical address, or its title and date."""

    __tablename__ = "lead_keys"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("leads.id", ondelete="SET NULL"), index=True)
    """None: its lead was deleted, or it is a source's history, or a doubt; what has it is no new lead."""
    kept_at: Mapped[datetime]


class LeadResemblance(Base):
    """A summary that a lead resembles, and how much (0 to 1); up to three a lead."""

    __tablename__ = "lead_resemblances"

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    summary_id: Mapped[int] = mapped_column(
        ForeignKey("summaries.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    score: Mapped[float]


def leads_for_change(session: Session, lead_ids: Collection[int]) -> list[Lead]:
    """Those of these leads that there are, by id; on PostgreSQL locked until the transaction ends."""
    rows = session.execute(select(Lead).where(Lead.id.in_(lead_ids)).order_by(Lead.id).with_for_update())
    return list(rows.scalars())


def put_leads(session: Session, lead_ids: Collection[int], **values: object) -> None:
    """Give these leads these values, in one statement."""
    session.execute(update(Lead).where(Lead.id.in_(lead_ids)).values(**values))


def move_leads(session: Session, source_id: int, from_id: int, to_id: int) -> None:
    """Let the leads that this source brought for one publication be the other's."""
    brought = update(Lead).where(Lead.source_id == source_id, Lead.publication_id == from_id)
    session.execute(brought.values(publication_id=to_id))


def give_back_leads(session: Session, summary_id: int) -> None:
    """Let the leads that became this draft wait on the desk again: it is about to be deleted."""
    freed = update(Lead).where(Lead.summary_id == summary_id, Lead.state == LeadState.USED)
    session.execute(freed.values(state=LeadState.KEPT, summary_id=None))
