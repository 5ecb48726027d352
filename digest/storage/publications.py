"""Publications: who published the original. "Various" is one too, for round-ups."""

from __future__ import annotations

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.slugs import slugify
from digest.storage.base import NEVER_REUSED, Base
from digest.storage.database import one_at_a_time
from digest.storage.free_slugs import free_slug


class Publication(Base):
    """A publication; its slug is part of its summaries' permanent addresses and never changes."""

    __tablename__ = "publications"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)


def publication_named(session: Session, name: str) -> Publication:
    """The publication of that name, made if there is none yet."""
    asked = select(Publication).where(Publication.name == name)
    if found := session.execute(asked).scalar_one_or_none():
        return found
    one_at_a_time(session, "names")
    if found := session.execute(asked).scalar_one_or_none():
        return found  # someone else has just made it
    made = Publication(name=name, slug=free_slug(session, Publication.slug, slugify(name) or "publication"))
    session.add(made)
    session.flush()
    return made


def publication_names(session: Session) -> list[str]:
    """All names, for the editor's list of suggestions."""
    return list(session.execute(select(Publication.name).order_by(Publication.name)).scalars())


def all_publications(session: Session) -> list[Publication]:
    """Every publication by name."""
    return list(session.execute(select(Publication).order_by(Publication.name)).scalars())
