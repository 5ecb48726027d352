"""Sign-ups: one request each to subscribe; its key is what the confirmation link carries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base
from digest.storage.readers.subscribers import Subscriber, SubscriberState

LIFETIME = timedelta(days=7)


class SignUp(Base):
    """One sign-up. A confirmation link belongs to one sign-up and lives seven days from its message."""

    __tablename__ = "signups"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    asked_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    valid_until: Mapped[datetime]
    """Seven days after its message may leave, which may be a while after the asking."""

    def expired(self, now: datetime) -> bool:
        """Whether its link is too old."""
        return now > self.valid_until


def signup_with_key(session: Session, key: str) -> SignUp | None:
    """The sign-up whose confirmation link carries this key."""
    return session.execute(select(SignUp).where(SignUp.key == key)).scalar_one_or_none()


def signups_of(session: Session, subscriber_id: int) -> Sequence[SignUp]:
    """A reader's sign-ups, the oldest first."""
    return session.scalars(select(SignUp).where(SignUp.subscriber_id == subscriber_id).order_by(SignUp.id)).all()


def forget_unconfirmed_signups_of(session: Session, subscriber_id: int) -> None:
    """Delete those of a reader whose links were never used."""
    session.execute(delete(SignUp).where(SignUp.subscriber_id == subscriber_id, SignUp.confirmed_at.is_(None)))


def expired_signups(session: Session, now: datetime) -> Sequence[int]:
    """The ids of sign-ups that expired unconfirmed."""
    return session.scalars(select(SignUp.id).where(*_expired(now))).all()


def forget_expired_signups(session: Session, now: datetime, ids: Sequence[int]) -> None:
    """Delete those of these sign-ups that are still expired and unconfirmed."""
    session.execute(
        delete(SignUp).where(SignUp.id.in_(ids), *_expired(now)).execution_options(synchronize_session=False)
    )


def given_up_subscribers(session: Session, now: datetime) -> Sequence[int]:
    """The ids of subscribers who only ever asked, over seven days ago, and have no sign-up left."""
    return session.scalars(select(Subscriber.id).where(*_given_up(now))).all()


def forget_given_up_subscribers(session: Session, now: datetime, ids: Sequence[int]) -> None:
    """Delete those of these subscribers who have not asked again meanwhile. The caller has taken its turn."""
    session.execute(
        delete(Subscriber).where(Subscriber.id.in_(ids), *_given_up(now)).execution_options(synchronize_session=False)
    )


def _expired(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (SignUp.confirmed_at.is_(None), SignUp.valid_until < now)


def _given_up(now: datetime) -> tuple[ColumnElement[bool], ...]:
    waiting = select(SignUp.id).where(SignUp.subscriber_id == Subscriber.id).correlate(Subscriber)
    pending = Subscriber.state == SubscriberState.PENDING
    return (pending, Subscriber.created_at < now - LIFETIME, ~waiting.exists())
