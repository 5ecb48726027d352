"""Demo marks: which rows the demo brought, so that removing it takes those and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base


class DemoMark(Base):
    """One row that belongs to the demo."""

    __tablename__ = "demo_marks"

    noun: Mapped[str] = mapped_column(String(30), primary_key=True)
    row_id: Mapped[int] = mapped_column(primary_key=True)


def mark_demo(session: Session, noun: str, ids: Iterable[int]) -> None:
    """Mark rows of one table as the demo's."""
    session.add_all(DemoMark(noun=noun, row_id=row_id) for row_id in ids)
    session.flush()


def demo_ids(session: Session, noun: str) -> list[int]:
    """The demo's rows of one table."""
    return list(session.execute(select(DemoMark.row_id).where(DemoMark.noun == noun)).scalars())


def has_demo(session: Session) -> bool:
    """Whether demo content is in the database."""
    return session.execute(select(DemoMark.row_id).limit(1)).first() is not None


def unmark_all(session: Session) -> None:
    """Forget the marks, once the rows are gone."""
    session.execute(delete(DemoMark))


def unmark(session: Session, noun: str, row_id: int) -> None:
    """Forget one mark with its row: SQLite may give the number to the next row, which is not the demo's."""
    session.execute(delete(DemoMark).where(DemoMark.noun == noun, DemoMark.row_id == row_id))
