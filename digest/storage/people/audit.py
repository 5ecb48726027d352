"""The audit log: who did what of consequence on this installation, and when. Lines are only ever added."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class AuditEntry(Base):
    """One act. `who` is an editor's address, or what acted; `about` is whom or what it concerned, never a reader."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(254))
    act: Mapped[str] = mapped_column(String(40))
    """In one of the words of `domain.people.acts.Act`."""
    about: Mapped[str] = mapped_column(String(500))


def audit_page(session: Session, act: str, number: int, size: int) -> list[AuditEntry]:
    """One page of the log, the newest line first, of one kind of act or of all; `number` counts from 1."""
    lines = _asked(act).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(size).offset((number - 1) * size)
    return list(session.execute(lines).scalars())


def audit_size(session: Session, act: str) -> int:
    """How many lines it has, of one kind of act or of all."""
    return session.execute(select(func.count()).select_from(_asked(act).subquery())).scalar_one()


def _asked(act: str) -> Select[AuditEntry]:
    asked = select(AuditEntry)
    return asked.where(AuditEntry.act == act) if act else asked
