"""What publishers answered an editor who is choosing what to watch: kept for an hour, so that nobody is asked again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import Base


class KeptAnswer(Base):
    """One answer. `body` is packed by zlib; of a status other than 200 there is none."""

    __tablename__ = "kept_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    offer: Mapped[str] = mapped_column(String(32), index=True)
    """What the editor is choosing among; its key stands in the form."""
    editor_id: Mapped[int] = mapped_column(ForeignKey("editors.id", ondelete="CASCADE"), index=True)
    kept_at: Mapped[datetime] = mapped_column(index=True)
    url: Mapped[str] = mapped_column(Text)
    """As it was asked."""
    answered_by: Mapped[str] = mapped_column(Text)
    """The address after redirects."""
    moved_to: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[int]
    etag: Mapped[str] = mapped_column(Text, default="")
    last_modified: Mapped[str] = mapped_column(Text, default="")
    fresh_for: Mapped[int] = mapped_column(default=0)
    """Seconds."""
    content_type: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")


def kept_answer(session: Session, editor_id: int, offer: str, url: str, since: datetime) -> KeptAnswer | None:
    """What this address answered this editor for this offer, if it was not before then."""
    asked = select(KeptAnswer).where(
        KeptAnswer.offer == offer,
        KeptAnswer.editor_id == editor_id,
        KeptAnswer.url == url,
        KeptAnswer.kept_at >= since,
    )
    return session.execute(asked.limit(1)).scalar_one_or_none()


def kept_for(session: Session, offer: str) -> int:
    """How many answers are kept for this offer."""
    return session.execute(select(func.count()).where(KeptAnswer.offer == offer)).scalar_one()


def forget_offer(session: Session, editor_id: int, offer: str) -> None:
    """Forget an offer that was taken."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.editor_id == editor_id, KeptAnswer.offer == offer))


def forget_other_offers(session: Session, editor_id: int, most: int) -> None:
    """Forget all but so many offers of an editor, the oldest first."""
    newest = func.max(KeptAnswer.kept_at)
    asked = select(KeptAnswer.offer).where(KeptAnswer.editor_id == editor_id).group_by(KeptAnswer.offer)
    for offer in list(session.execute(asked.order_by(newest.desc()).offset(most)).scalars()):
        forget_offer(session, editor_id, offer)


def forget_kept_answers(session: Session, before: datetime) -> None:
    """Forget what was kept before then."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.kept_at < before))
