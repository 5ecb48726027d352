"""Slugs that nothing else has yet."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session


def slugs_like(session: Session, column: InstrumentedAttribute[str], slug: str) -> set[str]:
    """The slugs in this column that begin like this one."""
    return set(session.execute(select(column).where(column.startswith(slug))).scalars())


def free_slug(taken: Collection[str], slug: str) -> str:
    """The slug itself, or the first of `slug-2`, `slug-3` … that is not taken."""
    number = 2
    candidate = slug
    while candidate in taken:
        candidate = f"{slug}-{number}"
        number += 1
    return candidate
