"""Sign-ups: one request each to subscribe; its key is what the confirmation link carries."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base import Base
from digest.storage.subscribers import Subscriber, SubscriberState

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


def forget_expired_signups(session: Session, now: datetime) -> None:
    """Delete sign-ups that expired unconfirmed, and the subscribers who never did more than that."""
    oldest = now - LIFETIME
    session.execute(delete(SignUp).where(SignUp.confirmed_at.is_(None), SignUp.valid_until < now))
    waiting = select(SignUp.id).where(SignUp.subscriber_id == Subscriber.id).correlate(Subscriber)
    session.execute(
        delete(Subscriber)
        .where(Subscriber.state == SubscriberState.PENDING, Subscriber.created_at < oldest, ~waiting.exists())
        .execution_options(synchronize_session=False)
    )
