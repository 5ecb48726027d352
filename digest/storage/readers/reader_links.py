"""Reader links: each opens one reader's own page, or moves a reader to another address, for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class ReaderLink(Base):
    """One link, known by the key that its token carries."""

    __tablename__ = "reader_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    asked_at: Mapped[datetime]
    valid_until: Mapped[datetime] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(String(254), default="")
    """Of a link that moves a reader: where to, as the reader writes it."""
    address: Mapped[str] = mapped_column(String(254), default="")
    """Likewise, in its unique form. Empty: the link opens the reader's own page."""


def reader_link_with_key(session: Session, key: str, now: datetime) -> ReaderLink | None:
    """The link with this key, while it lives."""
    return session.execute(
        select(ReaderLink).where(ReaderLink.key == key, ReaderLink.valid_until >= now)
    ).scalar_one_or_none()


def reader_links_of(session: Session, subscriber_id: int) -> Sequence[ReaderLink]:
    """Every link of a reader that is kept, the oldest first."""
    asked = select(ReaderLink).where(ReaderLink.subscriber_id == subscriber_id).order_by(ReaderLink.id)
    return session.scalars(asked).all()


def link_lives(session: Session, subscriber_id: int | None, asked_at: datetime, now: datetime) -> bool:
    """Whether a link that was made for this reader at that moment still opens something."""
    theirs = (ReaderLink.subscriber_id == subscriber_id, ReaderLink.asked_at == asked_at, ReaderLink.valid_until >= now)
    return session.execute(select(ReaderLink.id).where(*theirs).limit(1)).scalar_one_or_none() is not None


def forget_links_of(session: Session, subscriber_id: int, but: int = 0) -> None:
    """Delete every link of a reader but that one: each was for the address that they had."""
    session.execute(delete(ReaderLink).where(ReaderLink.subscriber_id == subscriber_id, ReaderLink.id != but))


def dead_reader_links(session: Session, now: datetime) -> Sequence[int]:
    """The ids of those that live no more."""
    return session.scalars(select(ReaderLink.id).where(ReaderLink.valid_until < now)).all()


def forget_reader_links(session: Session, ids: Sequence[int]) -> None:
    """Delete these."""
    session.execute(delete(ReaderLink).where(ReaderLink.id.in_(ids)).execution_options(synchronize_session=False))
