"""The installation itself: one row that tells this database from an older copy of it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import String, bindparam, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base, table_of

_ONLY = 1


class Installation(Base):
    """The one row, made by the migration."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    epoch: Mapped[str] = mapped_column(String(32))
    """Random, made with the database; a copy of the database has the same."""
    claims: Mapped[int] = mapped_column(default=0)
    """Counts every claim in its own transaction, and every look at the clock's that found outcomes open. Never less."""
    feed_root: Mapped[str] = mapped_column(String(500), default="", server_default="")
    """SITE_URL as it was when the site first had a public one: the ids in feeds are made of it, for good."""


class Count(NamedTuple):
    """How many claims a database has counted, and which database it is."""

    epoch: str
    claims: int


def installation(session: Session) -> Installation:
    """The one row."""
    return session.get_one(Installation, _ONLY, populate_existing=True)


def count_claims(session: Session, how_many: int) -> Count:
    """Count so many more, in the caller's transaction; returns how many there are now."""
    return Count(*session.connection().execute(_COUNT, {"more": how_many}).one())


def catch_up_claims(session: Session, claims: int) -> None:
    """Count as many as an older copy of this database is known to lack; never fewer than before."""
    session.execute(
        update(Installation)
        .where(Installation.id == _ONLY, Installation.claims < claims)
        .values(claims=claims)
        .execution_options(synchronize_session=False)
    )


_row = table_of(Installation).c
_COUNT = (
    update(table_of(Installation))
    .where(_row.id == _ONLY)
    .values(claims=_row.claims + bindparam("more"))
    .returning(_row.epoch, _row.claims)
)
