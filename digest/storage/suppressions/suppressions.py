"""Suppressions: addresses never to be mailed, known only by a keyed hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, delete, func, literal, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.conflicts import insert_unless_there
from digest.storage.base.model import Base


class SuppressionReason(StrEnum):
    """Why an address is never mailed."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    INVALID = "invalid"
    OBJECTION = "objection"
    ERASURE = "erasure"


_OF_THE_MAILBOX = (
    SuppressionReason.BOUNCE,
    SuppressionReason.COMPLAINT,
    SuppressionReason.INVALID,
    SuppressionReason.OBJECTION,
)
"""What takes the place of an erasure, which its owner could lift: mail does not arrive there, or is not wanted."""


AFTER_ERASING = {SuppressionReason.COMPLAINT: SuppressionReason.OBJECTION}
"""What stays of a reason once its reader is erased: that mail is not wanted there, and not what they did about it."""


class Suppression(Base):
    """One suppressed address, as its hash under SUPPRESSION_KEY."""

    __tablename__ = "suppressions"
    __table_args__ = (Index(None, "at", "address_hash"),)

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(200), default="")


def is_suppressed(session: Session, address_hash: str) -> bool:
    """Whether this address must not be mailed."""
    return session.get(Suppression, address_hash) is not None


def never_mailed(session: Session, address_hash: str) -> bool:
    """Whether not even its owner's own asking brings mail to this address. Who was erased may ask again."""
    found = session.get(Suppression, address_hash)
    return found is not None and found.reason != SuppressionReason.ERASURE


def lift_erasure(session: Session, address_hash: str) -> None:
    """Its owner has asked and confirmed: that the address was erased keeps nothing from it any more."""
    _forget_erasures(session, [address_hash])


def _forget_erasures(session: Session, address_hashes: Sequence[str]) -> None:
    if not address_hashes:
        return
    session.execute(
        delete(Suppression).where(
            Suppression.address_hash.in_(address_hashes), Suppression.reason == SuppressionReason.ERASURE
        )
    )


def lift(session: Session, address_hashes: Sequence[str]) -> None:
    """Let these addresses be mailed again, but for those that were erased."""
    if address_hashes:
        session.execute(
            delete(Suppression).where(
                Suppression.address_hash.in_(address_hashes), Suppression.reason != SuppressionReason.ERASURE
            )
        )


def suppressed_among(session: Session, address_hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that are suppressed."""
    asked = select(Suppression.address_hash).where(Suppression.address_hash.in_(address_hashes))
    return set(session.execute(asked).scalars())


def never_mailed_among(session: Session, address_hashes: Sequence[str]) -> set[str]:
    """Those of the hashes that not even their owner's asking brings mail to."""
    asked = select(Suppression.address_hash).where(
        Suppression.address_hash.in_(address_hashes), Suppression.reason != SuppressionReason.ERASURE
    )
    return set(session.execute(asked).scalars())


def suppress_all(session: Session, reasons: Mapping[str, SuppressionReason], now: datetime, source: str) -> int:
    """Suppress many, each hash for its reason; returns how many were not suppressed before. The first reason stays, but
    for an erasure.
    """
    if not reasons:
        return 0
    _forget_erasures(session, [one for one, reason in reasons.items() if reason in _OF_THE_MAILBOX])
    rows = [
        {"address_hash": address_hash, "reason": reason, "at": now, "source": source}
        for address_hash, reason in reasons.items()
    ]
    adding = insert_unless_there(session, Suppression).values(rows)
    added = session.execute(adding.returning(Suppression.address_hash))
    return len(added.all())


def suppress(session: Session, address_hash: str, reason: SuppressionReason, now: datetime, source: str) -> None:
    """Suppress an address; the first reason stays, but for an erasure, which its owner may lift."""
    if reason in _OF_THE_MAILBOX:
        _forget_erasures(session, [address_hash])
    if not is_suppressed(session, address_hash):
        session.add(Suppression(address_hash=address_hash, reason=reason, at=now, source=source))
        session.flush()


def suppress_erased(session: Session, address_hash: str, now: datetime, source: str) -> None:
    """Suppress the address of a reader who is erased. Of what it was suppressed for before, only that stays which not
    even its owner's sign-up may undo.
    """
    found = session.get(Suppression, address_hash)
    if found is None:
        suppress(session, address_hash, SuppressionReason.ERASURE, now, source)
    elif found.reason != SuppressionReason.ERASURE:
        reason = SuppressionReason(found.reason)
        found.reason, found.at, found.source = AFTER_ERASING.get(reason, reason), now, source
        session.flush()


@dataclass(frozen=True)
class Ban:
    """An address (as its hash) that is to be suppressed, why, and since when."""

    address_hash: str
    reason: SuppressionReason
    at: datetime


def suppress_many(session: Session, bans: Sequence[Ban], source: str) -> list[str]:
    """Suppress these addresses; the first reason stays, but for an erasure. Returns the hashes that are new.

    Up to a few thousand at a time. Someone else may suppress one of them at the same moment.
    """
    if not bans:
        return []
    # A list's word that somebody objected is no later than their erasure, which only they can lift.
    told = {*_OF_THE_MAILBOX} - {SuppressionReason.OBJECTION}
    _forget_erasures(session, [ban.address_hash for ban in bans if ban.reason in told])
    added = session.execute(
        insert_unless_there(session, Suppression).returning(Suppression.address_hash),
        [{"address_hash": ban.address_hash, "reason": ban.reason, "at": ban.at, "source": source} for ban in bans],
    )
    return list(added.scalars())


def suppression_of(session: Session, address_hash: str) -> Suppression | None:
    """Why and since when this address is suppressed, if it is."""
    return session.get(Suppression, address_hash)


def all_suppressions(session: Session) -> Iterator[Suppression]:
    """Every suppression, the oldest first, read a thousand at a time."""
    ordered = select(Suppression).order_by(Suppression.at, Suppression.address_hash)
    yield from session.scalars(ordered.execution_options(yield_per=1_000))


def count_by_reason(session: Session) -> dict[str, int]:
    """How many addresses are suppressed for each reason; every reason is named."""
    rows = session.execute(select(Suppression.reason, func.count()).group_by(Suppression.reason))
    return {reason.value: 0 for reason in SuppressionReason} | dict(rows.all())


def suppression_page(session: Session, before: tuple[datetime, str] | None, size: int) -> Sequence[Suppression]:
    """The newest that lie before that moment and hash, or of all."""
    asked = select(Suppression).order_by(Suppression.at.desc(), Suppression.address_hash.desc()).limit(size)
    if before:
        asked = asked.where(
            tuple_(Suppression.at, Suppression.address_hash)
            < tuple_(literal(before[0], Suppression.at.type), literal(before[1]))
        )
    return session.scalars(asked).all()
