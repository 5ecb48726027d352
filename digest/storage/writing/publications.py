"""Publications: who published the original. "Various" is one too, for round-ups."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import String, insert, select, union
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.shared.slugs import LONGEST_SPELLING, slugify, spelling
from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import NEVER_REUSED, Base, table_of
from digest.storage.writing.free_slugs import free_slug
from digest.storage.writing.other_names import PublicationAlias, PublicationSlug, spelt


class Publication(Base):
    """A publication; its slug is part of its summaries' permanent addresses. Slugs it had before redirect to it."""

    __tablename__ = "publications"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    spelling: Mapped[str] = mapped_column(String(LONGEST_SPELLING), default=spelt, index=True)
    feed_slug: Mapped[str | None] = mapped_column(String(100))
    """The slug that the id of its feed is made of, for good; none while it still is the slug of today."""
    renamed_at: Mapped[datetime | None]
    """When it was last renamed, or got another merged into it."""


def publication_named(session: Session, name: str) -> Publication:
    """The publication that is called so, by its name or another of its names, made if there is none yet."""
    return session.get_one(Publication, publication_ids(session, [name])[name])


def publication_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of the publications that are called so, each made if there is none yet."""
    found = known_publication_ids(session, names)
    if len(found) == len(set(names)):
        return found
    one_at_a_time(session, "names")
    found = known_publication_ids(session, names)  # someone else may just have made some
    missing = [name for name in dict.fromkeys(names) if name not in found]
    if missing:
        _make(session, list({spelling(name): name for name in reversed(missing)}.values())[::-1])
        found |= known_publication_ids(session, missing)
    return found


def known_publication_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    """The ids of those of these publications that there are: by the name, else by how it or an alias is spelt."""
    rows = session.execute(select(Publication.name, Publication.id).where(Publication.name.in_(names)))
    found = dict(rows.all())
    others = {name: spelling(name) for name in names if name not in found}
    if others:
        alike = _ids_spelt(session, set(others.values()))
        found |= {name: alike[key] for name, key in others.items() if key in alike}
    return found


def publication_names(session: Session) -> list[str]:
    """All names, for the editor's list of suggestions."""
    return list(session.execute(select(Publication.name).order_by(Publication.name)).scalars())


def all_publications(session: Session) -> list[Publication]:
    """Every publication by name."""
    return list(session.execute(select(Publication).order_by(Publication.name)).scalars())


def _make(session: Session, names: Collection[str]) -> None:
    taken = set(session.execute(union(select(Publication.slug), select(PublicationSlug.slug))).scalars())
    made = []
    for name in names:
        slug = free_slug(taken, slugify(name) or "publication")
        taken.add(slug)
        made.append({"name": name, "slug": slug})
    session.execute(insert(table_of(Publication)), made)


def _ids_spelt(session: Session, spellings: Collection[str]) -> dict[str, int]:
    """By spelling; a name comes before another's alias, and the older of two that are spelt alike before the newer."""
    aliases = select(PublicationAlias.spelling, PublicationAlias.owner_id)
    names = select(Publication.spelling, Publication.id).order_by(Publication.id.desc())
    found = dict(session.execute(aliases.where(PublicationAlias.spelling.in_(spellings))).all())
    return found | dict(session.execute(names.where(Publication.spelling.in_(spellings))).all())
