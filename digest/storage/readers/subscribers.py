"""Subscribers: readers who asked for the digest, `pending → confirmed → unsubscribed`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Index, Select, String, Text, func, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import NEVER_REUSED, ONLY_ON, Base
from digest.storage.suppressions.suppressions import Suppression, SuppressionReason

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SubscriberState(StrEnum):
    """Where a subscriber stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    UNSUBSCRIBED = "unsubscribed"


_BEGINNING = Index(
    "ix_subscribers_beginning",
    "address",
    postgresql_ops={"address": "text_pattern_ops"},
    info={ONLY_ON: "postgresql"},
)
"""PostgreSQL keeps its unique one in the order of its language, in which a beginning is no range."""


class Subscriber(Base):
    """One reader. Erasing removes the row."""

    __tablename__ = "subscribers"
    __table_args__ = (Index(None, "state", "id"), _BEGINNING, NEVER_REUSED)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    """As the reader writes it."""
    address: Mapped[str] = mapped_column(String(254), unique=True)
    """Lower-cased, domain in IDNA: what makes it unique and what is mailed to."""
    address_hash: Mapped[str] = mapped_column(String(64), index=True)
    """Under SUPPRESSION_KEY, so that one join finds the suppressed, and a line of the journal its reader."""
    name: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(12))
    link_key: Mapped[str] = mapped_column(String(32), unique=True)
    """The random key inside this reader's links."""
    topics: Mapped[str] = mapped_column(Text, default="")
    """The chosen topics' slugs in order, joined by commas; empty means everything."""
    source: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None] = mapped_column(index=True)
    """No issue before this moment; empty once it has come (`end_pauses`)."""


def subscriber_with_address(session: Session, address: str) -> Subscriber | None:
    """The subscriber of that address (in its unique form)."""
    return session.execute(select(Subscriber).where(Subscriber.address == address)).scalar_one_or_none()


def subscribers_with_addresses(session: Session, addresses: Collection[str]) -> dict[str, Subscriber]:
    """The subscribers of these addresses (in their unique form), by address."""
    if not addresses:
        return {}
    rows = session.execute(select(Subscriber).where(Subscriber.address.in_(addresses)))
    return {subscriber.address: subscriber for subscriber in rows.scalars()}


def subscriber_with_link_key(session: Session, key: str) -> Subscriber | None:
    """The subscriber whose links carry this key."""
    return session.execute(select(Subscriber).where(Subscriber.link_key == key)).scalar_one_or_none()


def subscribers_with_hashes(session: Session, address_hashes: Sequence[str]) -> list[Subscriber]:
    """The subscribers whose addresses have these hashes, in whatever state."""
    return list(session.execute(select(Subscriber).where(Subscriber.address_hash.in_(address_hashes))).scalars())


def lock_subscribers(session: Session) -> None:
    """Let one transaction at a time change who is subscribed, until it ends.

    Two sign-ups for one address at once would otherwise both find it new.
    """
    one_at_a_time(session, "subscribers")


def known_addresses(session: Session, addresses: Sequence[str]) -> set[str]:
    """Those of the addresses (in their unique form) that have a subscriber in whatever state."""
    return set(session.execute(select(Subscriber.address).where(Subscriber.address.in_(addresses))).scalars())


def known_states(session: Session, addresses: Sequence[str]) -> dict[str, str]:
    """The states of those of the addresses (in their unique form) that have a subscriber."""
    rows = session.execute(select(Subscriber.address, Subscriber.state).where(Subscriber.address.in_(addresses)))
    return dict(rows.all())


def add_subscribers(session: Session, rows: Sequence[Mapping[str, object]]) -> dict[str, int]:
    """Add many at once, each row a value per column; returns the new ids by address."""
    added = session.execute(insert(Subscriber).returning(Subscriber.address, Subscriber.id), rows)
    return dict(added.all())


def audience() -> Select[Subscriber]:
    """Who gets an issue frozen now: every confirmed subscriber who has not paused and is not suppressed."""
    return _mailable().where(Subscriber.paused_until.is_(None))


def _mailable() -> Select[Subscriber]:
    suppressed = select(Suppression.address_hash).where(Suppression.address_hash == Subscriber.address_hash)
    return select(Subscriber).where(
        Subscriber.state == SubscriberState.CONFIRMED, ~suppressed.correlate(Subscriber).exists()
    )


def audience_size(session: Session) -> int:
    """How many readers an issue frozen now would have."""
    return session.execute(select(func.count()).select_from(audience().subquery())).scalar_one()


def paused_size(session: Session) -> int:
    """How many readers would be in the audience, had they not paused."""
    paused = select(Subscriber.id, Subscriber.state, Subscriber.address_hash).where(Subscriber.paused_until > _EPOCH)
    few = paused.cte("paused").prefix_with("MATERIALIZED")
    suppressed = select(Suppression.address_hash).where(Suppression.address_hash == few.c.address_hash)
    asked = select(func.count()).select_from(few)
    asked = asked.where(few.c.state == SubscriberState.CONFIRMED, ~suppressed.correlate(few).exists())
    return session.execute(asked).scalar_one()


def pauses_ended(session: Session, now: datetime) -> bool:
    """Whether `end_pauses` would find any."""
    ended = select(Subscriber.id).where(Subscriber.paused_until <= now).limit(1)
    return session.execute(ended).scalar_one_or_none() is not None


def end_pauses(session: Session, now: datetime) -> None:
    """Let those whose pause is over be in the audience again. The caller has taken its turn."""
    session.execute(
        update(Subscriber)
        .where(Subscriber.paused_until <= now)
        .values(paused_until=None)
        .execution_options(synchronize_session=False)
    )


def audience_by_topics(session: Session) -> dict[str, int]:
    """How many of the audience have made each choice of topics."""
    chosen = audience().with_only_columns(Subscriber.topics, func.count()).group_by(Subscriber.topics)
    return dict(session.execute(chosen).all())


def out_before(session: Session, moment: datetime) -> Sequence[int]:
    """The ids of those who have been out since before that moment: they left, or their address is never mailed."""
    return [*session.scalars(_left_before(moment)), *session.scalars(_banned_before(moment))]


def is_out_before(session: Session, subscriber_id: int, moment: datetime) -> bool:
    """Whether this one is still among `out_before`."""
    theirs = [asked.where(Subscriber.id == subscriber_id) for asked in (_left_before(moment), _banned_before(moment))]
    return any(session.scalar(asked) is not None for asked in theirs)


def _left_before(moment: datetime) -> Select[int]:
    return select(Subscriber.id).where(
        Subscriber.state == SubscriberState.UNSUBSCRIBED, Subscriber.unsubscribed_at < moment
    )


def _banned_before(moment: datetime) -> Select[int]:
    """Who was erased may ask again, and is no exile; who confirmed after their ban's date was a reader until later."""
    return (
        select(Subscriber.id)
        .join(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(
            Subscriber.state != SubscriberState.UNSUBSCRIBED,
            Suppression.reason != SuppressionReason.ERASURE,
            Suppression.at < moment,
            func.coalesce(Subscriber.confirmed_at, Subscriber.created_at) < moment,
        )
    )


def count_by_state(session: Session) -> dict[str, int]:
    """How many subscribers are in each state; every state is named."""
    rows = session.execute(select(Subscriber.state, func.count()).group_by(Subscriber.state))
    return {state.value: 0 for state in SubscriberState} | dict(rows.all())


def subscribers_and_bans(session: Session, state: str) -> Iterator[tuple[Subscriber, str]]:
    """Subscribers of one state, or of all, by address, each with why the address is suppressed (empty if it isn't),
    read in parts.
    """
    asked = select(Subscriber).order_by(Subscriber.address)
    if state:
        asked = asked.where(Subscriber.state == state)
    asked = asked.outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
    both = asked.add_columns(func.coalesce(Suppression.reason, ""))
    for found in session.execute(both.execution_options(yield_per=1_000)):
        yield found[0], found[1]


def subscriber_by_id(session: Session, subscriber_id: int) -> Subscriber | None:
    """The subscriber, in whatever state."""
    return session.get(Subscriber, subscriber_id)
