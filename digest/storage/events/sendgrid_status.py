"""Standings: how the account with SendGrid stands, by the last that SendGrid said of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import Base

_SENDGRID = "sendgrid"


class SendGridStatus(Base):
    """The account with one service; there is a row once it has said anything."""

    __tablename__ = "standings"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    word: Mapped[str] = mapped_column(String(50))
    """What it said, in its own word."""
    well: Mapped[bool]
    at: Mapped[datetime]
    """When it changed, by its clock."""
    event: Mapped[str] = mapped_column(String(100))
    """The report's own id."""
    dismissed_by: Mapped[str] = mapped_column(String(254), default="")
    """The admin who put the notice away; nobody where it is empty."""


def sendgrid_status(session: Session) -> SendGridStatus | None:
    """How the account with SendGrid stands; None while it never said anything."""
    return session.get(SendGridStatus, _SENDGRID)


def sendgrid_status_for_change(session: Session) -> SendGridStatus | None:
    """The same, for whoever decides by it: others wait until this transaction ends."""
    one_at_a_time(session, "standings")
    return session.get(SendGridStatus, _SENDGRID, populate_existing=True)


def put_sendgrid_status(
    session: Session, word: str, well: bool, at: datetime, event: str, dismissed_by: str = ""
) -> None:
    """Remember how it stands, in place of what was known."""
    session.merge(SendGridStatus(name=_SENDGRID, word=word, well=well, at=at, event=event, dismissed_by=dismissed_by))
