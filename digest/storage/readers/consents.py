"""Consent: what a reader was asked, in which wording, when, from where, and the answer. Append-only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import ForeignKey, String, Text, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class ConsentStep(StrEnum):
    """What the reader did, or what was said of them."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    TOPICS = "topics"
    PAUSED = "paused"
    UNSUBSCRIBED = "unsubscribed"
    RETURNED = "returned"
    """Leaving undone by its button."""
    ADDRESS = "address"
    """Confirmed at another address."""
    ADDED = "added"
    """By an admin, who was told offline."""
    CORRECTED = "corrected"
    """The address, by an admin."""


class StoredWording(Base):
    """A text that readers were shown, by its hash, so that a record can always say what it meant."""

    __tablename__ = "wordings"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)


class ConsentRecord(Base):
    """One step of one reader. Only erasing removes it."""

    __tablename__ = "consent_records"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    step: Mapped[str] = mapped_column(String(12))
    wording_hash: Mapped[str] = mapped_column(ForeignKey("wordings.hash"))
    at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(String(200))


def keep_wording(session: Session, version: str, text: str) -> str:
    """Store a wording once; returns the hash that records name it by."""
    digest = sha256(f"{version}\n{text}".encode()).hexdigest()
    if session.get(StoredWording, digest) is None:
        session.add(StoredWording(hash=digest, version=version, text=text))
        session.flush()
    return digest


def record_consent(  # noqa: PLR0913 - the columns of its row
    session: Session,
    subscriber_id: int,
    step: ConsentStep,
    wording_hash: str,
    at: datetime,
    place: str,
    answer: str,
) -> None:
    """Add one step; `place` says where it was taken, `answer` what the reader said."""
    record_consents(session, [(subscriber_id, answer)], step, wording_hash, at, place)


def record_consents(
    session: Session,
    answers: Iterable[tuple[int, str]],
    step: ConsentStep,
    wording_hash: str,
    at: datetime,
    place: str,
) -> None:
    """Add the same step for many: each a subscriber's id and the answer."""
    common: Mapping[str, object] = {
        "step": step.value, "wording_hash": wording_hash, "at": at, "place": place[:200]
    }  # fmt: skip
    rows = [{**common, "subscriber_id": subscriber_id, "answer": answer[:200]} for subscriber_id, answer in answers]
    if rows:
        session.execute(insert(ConsentRecord), rows)


def came_back_at(session: Session, subscriber_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these last undid a leaving, or moved to the address that they have; without those who never did."""
    if not subscriber_ids:
        return {}
    steps = (ConsentStep.RETURNED, ConsentStep.ADDRESS)
    theirs = (ConsentRecord.subscriber_id.in_(subscriber_ids), ConsentRecord.step.in_(steps))
    latest = select(ConsentRecord.subscriber_id, func.max(ConsentRecord.at)).where(*theirs)
    return dict(session.execute(latest.group_by(ConsentRecord.subscriber_id)).all())


def consent_of(session: Session, subscriber_id: int) -> list[tuple[ConsentRecord, StoredWording]]:
    """The subscriber's records with their wordings, the oldest first."""
    rows = session.execute(
        select(ConsentRecord, StoredWording)
        .join(StoredWording, StoredWording.hash == ConsentRecord.wording_hash)
        .where(ConsentRecord.subscriber_id == subscriber_id)
        .order_by(ConsentRecord.id)
    )
    return [(record, wording) for record, wording in rows]
