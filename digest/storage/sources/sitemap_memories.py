"""Which addresses of a sitemap were there already: a site has tens of thousands, and only new ones become leads."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class SitemapMemory(Base):
    """The addresses that a source's sitemap has had, as hashes of 8 bytes each, one after another."""

    __tablename__ = "sitemap_memories"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    seen: Mapped[bytes] = mapped_column(LargeBinary)


def sitemap_memory(session: Session, source_id: int) -> bytes | None:
    """What is remembered of a source's sitemap; None where it was never read."""
    found = session.get(SitemapMemory, source_id)
    return found.seen if found else None


def remember_sitemap(session: Session, source_id: int, seen: bytes) -> None:
    """Remember this in place of what was."""
    session.merge(SitemapMemory(source_id=source_id, seen=seen))
