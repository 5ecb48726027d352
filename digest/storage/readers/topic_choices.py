"""What readers chose, where a topic's slug becomes another."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.orm import Session

from digest.storage.readers.subscribers import Subscriber


def readers_who_chose(session: Session, slug: str) -> int:
    """How many readers have this topic among those they chose."""
    return session.execute(select(func.count()).select_from(Subscriber).where(chose(slug))).scalar_one()


def choose_instead(session: Session, slug: str, new: str) -> None:
    """Let who chose the one have the other; who chose both has it once."""
    chosen = session.execute(select(Subscriber.topics).where(chose(slug)).distinct()).scalars().all()
    for topics in chosen:
        kept = ",".join(sorted({new if each == slug else each for each in topics.split(",")}))
        session.execute(
            update(Subscriber)
            .where(Subscriber.topics == topics)
            .values(topics=kept)
            .execution_options(synchronize_session=False)
        )


def chose(slug: str) -> ColumnElement[bool]:
    """That a subscriber has this topic among those they chose."""
    return (literal(",") + Subscriber.topics + literal(",")).contains(f",{slug},", autoescape=True)
