"""Demo marks: which rows the demo brought, so that removing it takes those and nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.domain.sources.hosts import host_of
from digest.storage.archive.search_index import forget_index
from digest.storage.base.model import Base
from digest.storage.issues.issues import Issue
from digest.storage.messages.messages import Message
from digest.storage.people.editors import Editor
from digest.storage.readers.subscribers import Subscriber
from digest.storage.sending.deliveries import Delivery
from digest.storage.sources.hosts import FeedHost
from digest.storage.sources.leads import Lead, LeadKey
from digest.storage.sources.sources import WatchedSource, source_topics
from digest.storage.sources.stories import Story
from digest.storage.suppressions.suppressions import Suppression
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import Topic, summary_topics

DEMO_SOURCE = "demo"
"""The source of suppressions that the demo brings: they have no id to mark."""


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


def unmark(session: Session, noun: str, row_id: int) -> None:
    """Forget one mark with its row: SQLite may give the number to the next row, which is not the demo's."""
    session.execute(delete(DemoMark).where(DemoMark.noun == noun, DemoMark.row_id == row_id))


def demo_summaries(session: Session) -> list[Summary]:
    """The demo's summaries."""
    return list(session.execute(select(Summary).where(Summary.id.in_(_marked("summaries")))).scalars())


def demo_leads(session: Session) -> list[Lead]:
    """What the demo's sources brought."""
    return list(session.execute(select(Lead).where(Lead.source_id.in_(_marked("sources")))).scalars())


def delete_demo_desk(session: Session) -> None:
    """Delete the demo's sources with all that they brought, and what is known of their hosts."""
    leads = select(Lead.id).where(Lead.source_id.in_(_marked("sources")))
    addresses = select(WatchedSource.fetch_url).where(WatchedSource.id.in_(_marked("sources")))
    hosts = {host_of(address) for address in session.execute(addresses).scalars()}
    stories = select(Lead.story_id).where(Lead.story_id.is_not(None))
    for statement in (
        delete(LeadKey).where(LeadKey.lead_id.in_(leads)),
        delete(Lead).where(Lead.id.in_(leads)),
        delete(Story).where(Story.id.not_in(stories)),
        delete(WatchedSource).where(WatchedSource.id.in_(_marked("sources"))),
        delete(FeedHost).where(FeedHost.host.in_(hosts)),
        delete(DemoMark).where(DemoMark.noun == "sources"),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def delete_demo(session: Session) -> None:
    """Delete the demo's rows and whatever hangs on them; a publication or topic that something else uses stays."""
    marked = {
        noun: _marked(noun) for noun in ("issues", "summaries", "subscribers", "editors", "publications", "topics")
    }
    delete_demo_desk(session)
    forget_index(session)
    for statement in (
        delete(Delivery).where(Delivery.issue_id.in_(marked["issues"])),
        delete(Issue).where(Issue.id.in_(marked["issues"])),
        delete(Summary).where(Summary.id.in_(marked["summaries"])),
        update(Delivery)
        .where(Delivery.subscriber_id.in_(marked["subscribers"]))
        .values(subscriber_id=None, address=None),
        delete(Suppression).where(Suppression.source == DEMO_SOURCE),
        delete(Subscriber).where(Subscriber.id.in_(marked["subscribers"])),
        delete(Message).where(Message.recipient.in_(select(Editor.email).where(Editor.id.in_(marked["editors"])))),
        delete(Editor).where(Editor.id.in_(marked["editors"])),
        delete(Publication).where(
            Publication.id.in_(marked["publications"]),
            Publication.id.not_in(select(Summary.publication_id)),
            Publication.id.not_in(select(WatchedSource.publication_id)),
        ),
        delete(Topic).where(
            Topic.id.in_(marked["topics"]),
            Topic.id.not_in(select(summary_topics.c.topic_id)),
            Topic.id.not_in(select(source_topics.c.topic_id)),
        ),
        delete(DemoMark),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _marked(noun: str) -> Select[int]:
    return select(DemoMark.row_id).where(DemoMark.noun == noun)
