"""Reader imports: files of readers that an admin has brought to the desk, how far each has come, what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, Text, delete, insert, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import NEVER_REUSED, Base

_LONGEST_REASON = 500


class ImportState(StrEnum):
    """Where an import stands."""

    TRYING = "trying"
    """Its rows are counted, and nothing is written yet."""
    TRIED = "tried"
    """It waits for a person’s word."""
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    UNFIT = "unfit"
    """Its file can’t be imported."""


UNDER_WAY = (ImportState.TRYING, ImportState.RUNNING)
"""What the clock has to do with."""
OPEN = (*UNDER_WAY, ImportState.TRIED)
"""What a person may still call off, and what has a file."""


class ReaderImport(Base):
    """One file. It is kept in the instance folder, under the key, until the import has ended."""

    __tablename__ = "reader_imports"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    file_name: Mapped[str] = mapped_column(String(200))
    """As its admin calls it."""
    consent: Mapped[str] = mapped_column(Text)
    """The words that these readers agreed to."""
    ignored: Mapped[str] = mapped_column(Text, default="")
    """Columns to leave out, one a line."""
    state: Mapped[str] = mapped_column(String(12))
    who: Mapped[str] = mapped_column(String(254))
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    lines: Mapped[int] = mapped_column(default=0)
    """Of the file, below its header."""
    fault: Mapped[str] = mapped_column(Text, default="")
    expected: Mapped[str] = mapped_column(Text, default="")
    """What became of the rows when it was tried, as JSON."""
    tally: Mapped[str] = mapped_column(Text, default="")
    """What has become of them so far, as JSON."""
    stage: Mapped[int] = mapped_column(default=0)
    """The file is gone through twice: which time this is."""
    line: Mapped[int] = mapped_column(default=0)
    """Up to which line all rows of this stage are done."""
    owner: Mapped[str] = mapped_column(String(200), default="")
    """Which process is at it, if any."""
    lease_until: Mapped[datetime | None]


class ImportRefusal(Base):
    """A row that was refused: the line it ends on, and why."""

    __tablename__ = "import_refusals"

    import_id: Mapped[int] = mapped_column(ForeignKey("reader_imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(String(_LONGEST_REASON))


def reader_import(session: Session, import_id: int) -> ReaderImport | None:
    """The import with this id."""
    return session.get(ReaderImport, import_id)


def latest_reader_imports(session: Session, most: int) -> Sequence[ReaderImport]:
    """The newest first."""
    return session.scalars(select(ReaderImport).order_by(ReaderImport.id.desc()).limit(most)).all()


def import_to_go_on_with(session: Session, owner: str, now: datetime) -> ReaderImport | None:
    """The oldest import that is under way and that nobody else is at."""
    free = or_(ReaderImport.owner.in_(("", owner)), ReaderImport.lease_until < now)
    wanted = select(ReaderImport.id).where(ReaderImport.state.in_(UNDER_WAY), free).order_by(ReaderImport.id).limit(1)
    import_id = session.execute(wanted).scalar_one_or_none()
    return reader_import_for_change(session, import_id) if import_id else None


def reader_import_for_change(session: Session, import_id: int) -> ReaderImport | None:
    """The import, locked until the transaction ends."""
    asked = select(ReaderImport).where(ReaderImport.id == import_id).with_for_update()
    return session.execute(asked.execution_options(populate_existing=True)).scalar_one_or_none()


def keep_refusals(session: Session, import_id: int, refusals: Sequence[tuple[int, str]]) -> None:
    """Keep why these lines were refused."""
    if refusals:
        rows = [{"import_id": import_id, "line": line, "reason": why[:_LONGEST_REASON]} for line, why in refusals]
        session.execute(insert(ImportRefusal), rows)


def forget_refusals(session: Session, import_id: int) -> None:
    """Forget what was refused: it is tried anew."""
    session.execute(delete(ImportRefusal).where(ImportRefusal.import_id == import_id))


def refusals_of(session: Session, import_id: int, most: int | None = None) -> Iterator[tuple[int, str]]:
    """Line and reason, in the file's order, read a thousand at a time."""
    asked = select(ImportRefusal.line, ImportRefusal.reason).where(ImportRefusal.import_id == import_id)
    ordered = asked.order_by(ImportRefusal.line).limit(most).execution_options(yield_per=1_000)
    for row in session.execute(ordered):
        yield row.line, row.reason


def open_import_keys(session: Session) -> set[str]:
    """Under which keys files are still wanted."""
    return set(session.scalars(select(ReaderImport.key).where(ReaderImport.state.in_(OPEN))))


def give_up_old_imports(session: Session, tried_before: datetime, now: datetime) -> None:
    """Call off what has waited for a person’s word since before that moment."""
    session.execute(
        update(ReaderImport)
        .where(ReaderImport.state == ImportState.TRIED, ReaderImport.begun_at < tried_before)
        .values(state=ImportState.CANCELLED.value, ended_at=now, fault="nobody said within a day that it may run")
    )


def old_reader_imports(session: Session, ended_before: datetime) -> Sequence[int]:
    """The ids of those that ended before that moment."""
    return session.scalars(select(ReaderImport.id).where(_ended(ended_before))).all()


def forget_reader_imports(session: Session, ids: Sequence[int]) -> None:
    """Delete these, with what was refused of them."""
    session.execute(delete(ReaderImport).where(ReaderImport.id.in_(ids)))


def _ended(before: datetime) -> ColumnElement[bool]:
    return ReaderImport.ended_at < before
