"""Revisions: what a published summary said, from when on, by whose hand, and what readers were told of the change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base
from digest.storage.writing.summaries import Summary


class RevisionKind(StrEnum):
    """Why there is a new revision."""

    PUBLISHED = "published"
    SILENT = "silent"
    """A typo or the like: readers are told nothing."""
    CORRECTION = "correction"
    TAKEN_BACK = "taken back"
    SUPERSEDED = "superseded"
    RESTORED = "restored"
    """It is no longer superseded."""
    WITHDRAWN = "withdrawn"


_IS_TAKEN_BACK = text(f"kind = '{RevisionKind.TAKEN_BACK}'")


class Revision(Base):
    """One step in the history of a published summary."""

    __tablename__ = "revisions"
    __table_args__ = (
        Index("ix_revisions_taken_back", "at", sqlite_where=_IS_TAKEN_BACK, postgresql_where=_IS_TAKEN_BACK),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(254))
    """The editor's address; "" for what was there before anybody's hand was noted."""
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    """What a correction says was wrong, why it was withdrawn, or what supersedes it."""
    wording: Mapped[str] = mapped_column(Text)
    """`domain.writing.wording.to_json`: what it says from then on."""
    told_on: Mapped[date | None]
    """The date of the issue whose readers are told of the correction."""


def revisions_of(session: Session, summary_id: int) -> list[Revision]:
    """A summary's history, the newest first."""
    rows = session.execute(select(Revision).where(Revision.summary_id == summary_id).order_by(Revision.id.desc()))
    return list(rows.scalars())


def has_revisions(session: Session, summary_id: int) -> bool:
    """Whether anything of its history is kept: an imported summary has none until somebody changes it."""
    return session.execute(select(func.count()).where(Revision.summary_id == summary_id)).scalar_one() > 0


def revision_by_id(session: Session, revision_id: int) -> Revision | None:
    """One step."""
    return session.get(Revision, revision_id)


def corrections_of(session: Session, summary_ids: Sequence[int]) -> dict[int, list[Revision]]:
    """What readers are told was wrong in these summaries, as far as they are published, the oldest first."""
    rows = session.execute(
        select(Revision)
        .join(Summary, Summary.id == Revision.summary_id)
        .where(
            Revision.summary_id.in_(summary_ids),
            Revision.kind == RevisionKind.CORRECTION,
            Summary.published_at.is_not(None),
        )
        .order_by(Revision.id)
    )
    found: dict[int, list[Revision]] = {}
    for revision in rows.scalars():
        found.setdefault(revision.summary_id, []).append(revision)
    return found
