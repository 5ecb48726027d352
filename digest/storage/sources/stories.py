"""Stories: leads about one event; which stories lie near each other; what editors said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, and_, bindparam, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from digest.storage.base.model import NEVER_REUSED, Base, table_of
from digest.storage.sources.leads import Lead

_AT_ONCE = 500


class Story(Base):
    """Leads that are surely about one event, shown as one."""

    __tablename__ = "stories"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]


class NearStory(Base):
    """Two stories that are likely about one event: listed beside each other, never folded. `score` is from 0 to 1."""

    __tablename__ = "near_stories"

    story_id: Mapped[int] = mapped_column(ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True)
    near_id: Mapped[int] = mapped_column(ForeignKey("stories.id", ondelete="CASCADE"), primary_key=True, index=True)
    score: Mapped[float]


class StoryWord(Base):
    """An editor's word on two leads, the one with the smaller id first: together, or apart."""

    __tablename__ = "story_words"

    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("leads.id", ondelete="CASCADE"), primary_key=True, index=True)
    likeness: Mapped[str] = mapped_column(String(10))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("editors.id", ondelete="SET NULL"))
    at: Mapped[datetime]


@dataclass(frozen=True)
class LeadWords:
    """A lead as stories are found by it."""

    id: int
    published_at: datetime
    title: str
    lede: str
    story_id: int | None


def ungrouped_leads(session: Session, most: int) -> list[LeadWords]:
    """The earliest leads that are in no story yet."""
    return _words(session, Lead.story_id.is_(None), most)


def grouped_leads(session: Session, since: datetime, until: datetime) -> list[LeadWords]:
    """The leads of stories that were published between these moments."""
    return _words(session, and_(Lead.story_id.is_not(None), Lead.published_at.between(since, until)))


def latest_texts(session: Session, most: int) -> list[tuple[str, str]]:
    """Title and lede of the latest leads."""
    rows = session.execute(select(Lead.title, Lead.lede).order_by(Lead.id.desc()).limit(most))
    return [(title, lede) for title, lede in rows]


def words_of_editors(session: Session) -> list[tuple[int, int, str]]:
    """What editors said: two leads, and together or apart."""
    asked = select(StoryWord.lead_id, StoryWord.other_id, StoryWord.likeness).order_by(
        StoryWord.lead_id, StoryWord.other_id
    )
    return [(one, other, likeness) for one, other, likeness in session.execute(asked)]


def new_stories(session: Session, now: datetime, count: int) -> list[int]:
    """So many stories, without leads yet; their ids."""
    rows = [{"made_at": now} for _ in range(count)]
    return list(session.scalars(insert(Story).returning(Story.id, sort_by_parameter_order=True), rows)) if rows else []


def put_in_stories(session: Session, places: Mapping[int, int]) -> None:
    """Put leads in stories, by lead id."""
    table = table_of(Lead)
    statement = update(table).where(table.c.id == bindparam("lead")).values(story_id=bindparam("story"))
    if places:
        rows = [{"lead": lead, "story": story} for lead, story in places.items()]
        session.connection().execute(statement, rows)


def merge_stories(session: Session, gone: Mapping[int, int]) -> None:
    """Put all leads of a story in another, by the id of the one that goes."""
    for old, kept in gone.items():
        session.execute(update(Lead).where(Lead.story_id == old).values(story_id=kept))
        session.execute(delete(Story).where(Story.id == old))


def store_near(session: Session, near: Mapping[int, Sequence[tuple[int, float]]]) -> None:
    """Replace which stories lie near these."""
    ids = list(near)
    for start in range(0, len(ids), _AT_ONCE):
        session.execute(delete(NearStory).where(NearStory.story_id.in_(ids[start : start + _AT_ONCE])))
    rows = [
        {"story_id": story, "near_id": other, "score": score}
        for story, others in near.items()
        for other, score in others
    ]
    if rows:
        session.execute(insert(table_of(NearStory)), rows)


def near_stories(session: Session, story_ids: Sequence[int]) -> dict[int, list[int]]:
    """The stories near each of these, nearest first."""
    found = defaultdict[int, list[int]](list)
    for start in range(0, len(story_ids), _AT_ONCE):
        some = story_ids[start : start + _AT_ONCE]
        rows = session.execute(
            select(NearStory.story_id, NearStory.near_id)
            .where(NearStory.story_id.in_(some))
            .order_by(NearStory.story_id, NearStory.score.desc(), NearStory.near_id)
        )
        for story, near in rows:
            found[story].append(near)
    return found


def _words(session: Session, which: ColumnElement[bool], most: int | None = None) -> list[LeadWords]:
    rows = session.execute(
        select(Lead.id, Lead.published_at, Lead.title, Lead.lede, Lead.story_id)
        .where(which)
        .order_by(Lead.published_at, Lead.id)
        .limit(most)
    )
    return [LeadWords(*row) for row in rows]


def stories_of_leads(session: Session, lead_ids: Collection[int]) -> dict[int, int | None]:
    """The story of each of these leads that there is."""
    return dict(session.execute(select(Lead.id, Lead.story_id).where(Lead.id.in_(lead_ids))).all())


def leads_of_stories(session: Session, story_ids: Collection[int]) -> list[int]:
    """The leads of these stories."""
    return list(session.execute(select(Lead.id).where(Lead.story_id.in_(story_ids)).order_by(Lead.id)).scalars())


def keep_words(
    session: Session, now: datetime, editor_id: int, likeness: str, pairs: Sequence[tuple[int, int]]
) -> None:
    """Keep what an editor says of pairs of leads, the smaller id first; it takes the place of what was said before."""
    for one, other in pairs:
        session.execute(delete(StoryWord).where(StoryWord.lead_id == one, StoryWord.other_id == other))
    if pairs:
        rows = [
            {"lead_id": one, "other_id": other, "likeness": likeness, "editor_id": editor_id, "at": now}
            for one, other in pairs
        ]
        session.execute(insert(table_of(StoryWord)), rows)
