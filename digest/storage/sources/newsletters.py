"""Newsletters by mail: each message as it is shown on the desk, and the leads that it brought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from digest.domain.sources.states import SourceKind, SourceState
from digest.storage.base.model import NEVER_REUSED, Base
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource

newsletter_leads = Table(
    "newsletter_leads",
    Base.metadata,
    Column("newsletter_id", ForeignKey("newsletters.id", ondelete="CASCADE"), primary_key=True),
    Column("lead_id", ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Newsletter(Base):
    """One message. `html` is sanitised, `text` is not HTML; either may be empty."""

    __tablename__ = "newsletters"
    __table_args__ = (
        UniqueConstraint("source_id", "message_hash"),
        Index(None, "source_id", "received_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"))
    message_hash: Mapped[str] = mapped_column(String(64))
    """Of its Message-ID: it may be delivered more than once."""
    sender: Mapped[str] = mapped_column(String(300), default="")
    """As the message says, which anybody may write."""
    subject: Mapped[str] = mapped_column(String(300), default="")
    html: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True)
class NewsletterLine:
    """A message in a list."""

    id: int
    source_id: int
    subject: str
    sender: str
    received_at: datetime
    leads: int


def source_for_mail(session: Session, keys: Collection[str], for_change: bool = False) -> WatchedSource | None:
    """The newsletter with one of these keys, if it is watched; the first key that is one counts."""
    asked = select(WatchedSource).where(WatchedSource.kind == SourceKind.MAIL, WatchedSource.mail_key.in_(list(keys)))
    found = list(session.execute(asked.with_for_update() if for_change else asked).scalars())
    by_key = {source.mail_key: source for source in found}
    return next((by_key[key] for key in keys if key in by_key), None)


def is_received(session: Session, source_id: int, message_hash: str) -> bool:
    """Whether this message is here already."""
    asked = select(Newsletter.id).where(Newsletter.source_id == source_id, Newsletter.message_hash == message_hash)
    return session.execute(asked).first() is not None


def received_moments(session: Session, source_id: int, limit: int) -> list[datetime]:
    """When its latest messages came, the newest first."""
    asked = select(Newsletter.received_at).where(Newsletter.source_id == source_id)
    return list(session.execute(asked.order_by(Newsletter.received_at.desc()).limit(limit)).scalars())


def received_since(session: Session, source_id: int, since: datetime) -> int:
    """How many of its messages came since then."""
    asked = select(func.count()).where(Newsletter.source_id == source_id, Newsletter.received_at > since)
    return session.execute(asked).scalar_one()


def leads_since(session: Session, source_id: int, since: datetime) -> int:
    """How many leads it has brought since then."""
    asked = select(func.count()).where(Lead.source_id == source_id, Lead.arrived_at > since)
    return session.execute(asked).scalar_one()


def brought_by(session: Session, newsletter_id: int, lead_ids: Collection[int]) -> None:
    """Say which leads a new message brought."""
    if rows := [{"newsletter_id": newsletter_id, "lead_id": lead_id} for lead_id in sorted(set(lead_ids))]:
        session.execute(insert(newsletter_leads), rows)


def newsletters_of(session: Session, source_id: int, limit: int) -> list[NewsletterLine]:
    """Its latest messages, the newest first."""
    leads = (
        select(func.count()).where(newsletter_leads.c.newsletter_id == Newsletter.id).correlate(Newsletter)
    ).scalar_subquery()
    asked = select(
        Newsletter.id, Newsletter.source_id, Newsletter.subject, Newsletter.sender, Newsletter.received_at, leads
    ).where(Newsletter.source_id == source_id)
    rows = session.execute(asked.order_by(Newsletter.received_at.desc(), Newsletter.id.desc()).limit(limit))
    return [NewsletterLine(*row) for row in rows]


def newsletter_by_id(session: Session, newsletter_id: int) -> Newsletter | None:
    """The message."""
    return session.get(Newsletter, newsletter_id)


def newsletters_with(session: Session, lead_id: int, limit: int) -> list[Newsletter]:
    """The messages that brought this lead, the newest first, without their texts."""
    asked = (
        select(Newsletter)
        .join(newsletter_leads, newsletter_leads.c.newsletter_id == Newsletter.id)
        .where(newsletter_leads.c.lead_id == lead_id)
        .order_by(Newsletter.received_at.desc(), Newsletter.id.desc())
        .options(defer(Newsletter.html), defer(Newsletter.text))
    )
    return list(session.execute(asked.limit(limit)).scalars())


def mail_sources_that_are_well(session: Session) -> list[WatchedSource]:
    """Newsletters of which nothing bad is known."""
    asked = select(WatchedSource).where(
        WatchedSource.kind == SourceKind.MAIL,
        WatchedSource.state == SourceState.OK,
        WatchedSource.newest_at.is_not(None),
    )
    return list(session.execute(asked.order_by(WatchedSource.id)).scalars())


def old_newsletters(session: Session, before: datetime) -> list[int]:
    """The ids of messages that came before then."""
    return list(session.execute(select(Newsletter.id).where(Newsletter.received_at < before)).scalars())


def forget_newsletters(session: Session, ids: Sequence[int]) -> None:
    """Delete these messages; the leads that they brought stay."""
    session.execute(delete(Newsletter).where(Newsletter.id.in_(ids)))
