"""Alerts: what is wrong or was, by cause, so that any number of processes tell of it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.running.alerts import LONGEST_CAUSE, Course
from digest.storage.base.conflicts import insert_unless_there
from digest.storage.base.model import Base


class Alert(Base):
    """One cause. Its row is made when it is first seen, and used again should it come back."""

    __tablename__ = "alerts"

    cause: Mapped[str] = mapped_column(String(LONGEST_CAUSE), primary_key=True)
    heading: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[str] = mapped_column(Text, default="")
    """Its paragraphs, a line each."""
    label: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(Text, default="")
    """Where it is mended, and what the button there says; both may be empty."""
    by_mail: Mapped[bool] = mapped_column(default=True)
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """The last time."""
    over_since: Mapped[datetime | None]
    good_for: Mapped[int] = mapped_column(default=0)
    """Seconds: not seen for so long, it is over."""

    @property
    def course(self) -> Course:
        """How it has gone so far."""
        return Course(self.first_seen, self.last_seen, self.told_at, self.over_since)

    @property
    def lasts_for(self) -> timedelta:
        """How long a sighting counts."""
        return timedelta(seconds=self.good_for)

    @property
    def paragraphs(self) -> list[str]:
        """What it says."""
        return self.words.split("\n")


def alert_seen(session: Session, cause: str, now: datetime) -> Alert:
    """The row of that cause, locked; made now where there is none."""
    blank = {"heading": "", "words": "", "label": "", "link": "", "by_mail": True, "good_for": 0}
    new = insert_unless_there(session, Alert).values(cause=cause, first_seen=now, last_seen=now, **blank)
    session.execute(new)
    return session.execute(_locked(cause)).scalar_one()


def alert_for_change(session: Session, cause: str) -> Alert | None:
    """The row of that cause, locked; None where there is none."""
    return session.execute(_locked(cause)).scalar_one_or_none()


def open_alerts(session: Session) -> Sequence[Alert]:
    """What is wrong as far as is known, told or not, the oldest first."""
    asked = select(Alert).where(Alert.over_since.is_(None)).order_by(Alert.first_seen, Alert.cause)
    return session.scalars(asked).all()


def told_alerts(session: Session, over_after: datetime) -> Sequence[Alert]:
    """What was told: what lasts first, then what has been over since that moment, the latest first."""
    told = select(Alert).where(Alert.told_at.is_not(None))
    lasting = session.scalars(told.where(Alert.over_since.is_(None)).order_by(Alert.first_seen, Alert.cause)).all()
    over = session.scalars(told.where(Alert.over_since > over_after).order_by(Alert.over_since.desc())).all()
    return [*lasting, *over]


def forget_alert(session: Session, cause: str) -> None:
    """Drop one, whatever became of it."""
    session.execute(delete(Alert).where(Alert.cause == cause))


def forget_alerts(session: Session, before: datetime) -> None:
    """Drop what has been over since before that moment."""
    session.execute(delete(Alert).where(Alert.over_since < before))


def _locked(cause: str) -> Select[Alert]:
    return select(Alert).where(Alert.cause == cause).with_for_update().execution_options(populate_existing=True)
