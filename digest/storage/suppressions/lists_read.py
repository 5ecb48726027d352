"""Lists read: how far each of SendGrid's own suppression lists was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class ListRead(Base):
    """One list, by SendGrid's name for it. Without a row, nothing of it was read for good."""

    __tablename__ = "lists_read"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    read_to: Mapped[datetime]
    """Its entries from before this moment need not be read again."""
    window_to: Mapped[datetime | None]
    """Up to which moment to ask next, where the last reading ended in the middle of more than a page."""


def lists_read(session: Session) -> dict[str, tuple[datetime, datetime | None]]:
    """`read_to` and `window_to` of each list; those never read are left out."""
    rows = session.execute(select(ListRead.name, ListRead.read_to, ListRead.window_to))
    return {name: (read_to, window_to) for name, read_to, window_to in rows}


def note_lists_read(session: Session, marks: Mapping[str, tuple[datetime, datetime | None]]) -> None:
    """Remember `read_to` and `window_to` of these lists; never goes back."""
    before = lists_read(session)
    for name, (read_to, window_to) in marks.items():
        if name not in before or before[name][0] <= read_to:
            session.merge(ListRead(name=name, read_to=read_to, window_to=window_to))
