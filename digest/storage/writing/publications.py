"""Publications: who published the original. "Various" is one too, for round-ups."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import String, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.shared.slugs import slugify
from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import NEVER_REUSED, Base, table_of
from digest.storage.writing.free_slugs import free_slug


class Publication(Base):
    """A publication; its slug is part of its summaries' permanent addresses and never changes."""

    __tablename__ = "publications"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)


def publication_named(session: Session, name: str) -> Publication:
    """The publication of that name, made if there is none yet."""
    return session.get_one(Publication, publication_ids(session, [name])[name])


def publication_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of the publications of those names, each made if there is none yet."""
    found = known_publication_ids(session, names)
    if len(found) == len(set(names)):
        return found
    one_at_a_time(session, "names")
    found = known_publication_ids(session, names)  # someone else may just have made some
    taken = set(session.execute(select(Publication.slug)).scalars())
    made = []
    for name in dict.fromkeys(names):
        if name not in found:
            slug = free_slug(taken, slugify(name) or "publication")
            taken.add(slug)
            made.append({"name": name, "slug": slug})
    if made:
        session.execute(insert(table_of(Publication)), made)
        found |= known_publication_ids(session, [str(each["name"]) for each in made])
    return found


def known_publication_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of those of these publications that there are."""
    rows = session.execute(select(Publication.name, Publication.id).where(Publication.name.in_(names)))
    return dict(rows.all())


def publication_names(session: Session) -> list[str]:
    """All names, for the editor's list of suggestions."""
    return list(session.execute(select(Publication.name).order_by(Publication.name)).scalars())


def all_publications(session: Session) -> list[Publication]:
    """Every publication by name."""
    return list(session.execute(select(Publication).order_by(Publication.name)).scalars())
