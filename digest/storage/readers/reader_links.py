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


def forget_links_of(session: Session, subscriber_id: int) -> None:
    """Delete every link of a reader: each was for the address that they had."""
    session.execute(delete(ReaderLink).where(ReaderLink.subscriber_id == subscriber_id))


def dead_reader_links(session: Session, now: datetime) -> Sequence[int]:
    """The ids of those that live no more."""
    return session.scalars(select(ReaderLink.id).where(ReaderLink.valid_until < now)).all()


def forget_reader_links(session: Session, ids: Sequence[int]) -> None:
    """Delete these."""
    session.execute(delete(ReaderLink).where(ReaderLink.id.in_(ids)).execution_options(synchronize_session=False))
