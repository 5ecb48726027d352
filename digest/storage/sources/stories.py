"""Stories: leads about one event; which stories lie near each other; what editors said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, and_, bindparam, delete, insert, or_, select, update
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
class SaidOfLeads:
    """What an editor said of two leads, as it is stored."""

    lead_id: int
    other_id: int
    likeness: str
    editor_id: int | None
    at: datetime


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
    _add_words(session, [SaidOfLeads(one, other, likeness, editor_id, now) for one, other in pairs])


def said_of_pairs(session: Session, pairs: Collection[tuple[int, int]]) -> list[SaidOfLeads]:
    """What editors have said of these pairs."""
    ones, others = {one for one, _ in pairs}, {other for _, other in pairs}
    rows = session.execute(
        select(StoryWord.lead_id, StoryWord.other_id, StoryWord.likeness, StoryWord.editor_id, StoryWord.at).where(
            StoryWord.lead_id.in_(ones), StoryWord.other_id.in_(others)
        )
    )
    asked = set(pairs)
    return [said for row in rows if ((said := SaidOfLeads(*row)).lead_id, said.other_id) in asked]


def unsay(session: Session, editor_id: int, likeness: str, at: datetime, before: Sequence[SaidOfLeads]) -> None:
    """Forget what this editor said at that moment; what was said before holds again, where nobody spoke since."""
    session.execute(
        delete(StoryWord).where(StoryWord.editor_id == editor_id, StoryWord.likeness == likeness, StoryWord.at == at)
    )
    since = {
        (said.lead_id, said.other_id) for said in said_of_pairs(session, [(s.lead_id, s.other_id) for s in before])
    }
    _add_words(session, [said for said in before if (said.lead_id, said.other_id) not in since])


def _add_words(session: Session, words: Sequence[SaidOfLeads]) -> None:
    if words:
        session.execute(insert(table_of(StoryWord)), [asdict(said) for said in words])


def existing_stories(session: Session, story_ids: Collection[int]) -> set[int]:
    """Those of these stories that there are."""
    return set(session.execute(select(Story.id).where(Story.id.in_(story_ids))).scalars())


def put_beside(session: Session, one: int, other: int, score: float) -> None:
    """Let two stories be near each other, as they may be already."""
    there = set(session.execute(select(NearStory.story_id).where(_either_way(one, other))).scalars())
    rows = [
        {"story_id": story, "near_id": near, "score": score}
        for story, near in ((one, other), (other, one))
        if story not in there
    ]
    if rows:
        session.execute(insert(table_of(NearStory)), rows)


def _either_way(one: int, other: int) -> ColumnElement[bool]:
    return or_(
        and_(NearStory.story_id == one, NearStory.near_id == other),
        and_(NearStory.story_id == other, NearStory.near_id == one),
    )


def drop_if_empty(session: Session, story_id: int) -> None:
    """Take a story away that has no leads any more."""
    has_leads = select(Lead.id).where(Lead.story_id == story_id).exists()
    session.execute(delete(Story).where(Story.id == story_id, ~has_leads))
