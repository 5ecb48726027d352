"""Suppressions: addresses never to be mailed, known only by a keyed hash."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base


class SuppressionReason(StrEnum):
    """Why an address is never mailed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    INVALID = "invalid"
    OBJECTION = "objection"
    ERASURE = "erasure"


class Suppression(Base):
    """One suppressed address, as its hash under SUPPRESSION_KEY."""

    __tablename__ = "suppressions"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(200), default="")


def is_suppressed(session: Session, address_hash: str) -> bool:
    """Whether this address must not be mailed."""
    return session.get(Suppression, address_hash) is not None


def suppressed_among(session: Session, address_hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that are suppressed."""
    asked = select(Suppression.address_hash).where(Suppression.address_hash.in_(address_hashes))
    return set(session.execute(asked).scalars())


def suppress(session: Session, address_hash: str, reason: SuppressionReason, now: datetime, source: str) -> None:
    """Suppress an address; the first reason stays."""
    if not is_suppressed(session, address_hash):
        session.add(Suppression(address_hash=address_hash, reason=reason, at=now, source=source))
        session.flush()
