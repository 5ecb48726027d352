"""Hosts of sources: when one may be asked again, whoever asks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from digest.storage.base.model import Base


class FeedHost(Base):
    """A host; what it asked for (429, 503 with `Retry-After`) holds for all its sources."""

    __tablename__ = "feed_hosts"

    host: Mapped[str] = mapped_column(String(260), primary_key=True)
    """With its port where that is not the scheme's own."""
    asked_at: Mapped[datetime | None]
    """The last request to it."""
    not_before: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    """In a row without a `Retry-After`: each doubles the wait."""
