"""Slugs that nothing else has yet."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session


def free_slug(session: Session, column: InstrumentedAttribute[str], slug: str) -> str:
    """The slug itself, or the first of `slug-2`, `slug-3` … that no row has in this column."""
    taken = set(session.execute(select(column).where(column.startswith(slug))).scalars())
    number = 2
    candidate = slug
    while candidate in taken:
        candidate = f"{slug}-{number}"
        number += 1
    return candidate
