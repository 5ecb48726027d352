"""Editions: the digest as one choice of topics sees it, stored at the freeze; what every copy is made from."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from digest.storage.base.model import Base


class Edition(Base):
    """One rendering of a frozen issue. `tags` are the substitution tags inside it, as JSON."""

    __tablename__ = "editions"

    id: Mapped[int] = mapped_column(primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), index=True)
    items: Mapped[int]
    """How many of the issue's items it shows, in full or as headlines. Earlier programs made editions without any."""
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
