"""The inbox: which leads an editor sees, and how they stand together. A row is a story, or a lead that has none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union_all
from sqlalchemy.orm import Session

from digest.domain.sources.states import WAITING, LeadState
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource, source_topics
from digest.storage.writing.publications import Publication
from digest.storage.writing.topics import Topic

MUTED_SEEN = timedelta(days=14)
"""For how long one sees what a rule kept out."""
LOOKED_THROUGH = 5_000
"""So many of the newest leads are looked through for words: leads are many, and of the last weeks."""


@dataclass(frozen=True)
class InboxQuestion:
    """What is asked of the inbox; empty fields ask nothing. `today` wakes what was snoozed until then.

    `show` is `waiting`, or the state that is asked for. `text` has words that title or lede have all of,
    among the newest 5,000.
    """

    today: date
    show: str = "waiting"
    text: str = ""
    publication: str = ""
    topic: str = ""
    source: int = 0


@dataclass(frozen=True)
class InboxRow:
    """A story as the inbox shows it: those of its leads that answer the question, the newest first."""

    leads: Sequence[Lead]

    @property
    def newest(self) -> Lead:
        """The lead that stands for it."""
        return self.leads[0]


@dataclass(frozen=True)
class Narrowing:
    """What the inbox can be narrowed to: its value in the address, its name, and how many leads wait there."""

    value: str
    name: str
    count: int


def inbox_rows(session: Session, asked: InboxQuestion, limit: int, offset: int = 0) -> list[InboxRow]:
    """A page of rows, the newest first: a story stands where its newest lead stands. What is done with is no story."""
    newest_first = (Lead.published_at.desc(), Lead.id.desc())
    if asked.show != "waiting":
        done = select(Lead).where(*_answering(asked)).order_by(*newest_first).limit(limit).offset(offset)
        return [InboxRow([lead]) for lead in session.execute(done).scalars()]
    keys = _page_of_keys(session, asked, limit, offset)
    leads = session.execute(select(Lead).where(*_answering(asked), _in_rows(keys)).order_by(*newest_first)).scalars()
    rows: defaultdict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        rows[lead.story_id or -lead.id].append(lead)
    return [InboxRow(rows[key]) for key in keys if key in rows]


def _page_of_keys(session: Session, asked: InboxQuestion, limit: int, offset: int) -> list[int]:
    key = _row_key()
    newest = func.max(Lead.published_at)
    page = session.execute(
        select(key).where(*_answering(asked)).group_by(key).order_by(newest.desc(), key).limit(limit).offset(offset)
    )
    return list(page.scalars())


def inbox_size(session: Session, asked: InboxQuestion) -> int:
    """How many rows answer the question."""
    counted = func.count(func.distinct(_row_key())) if asked.show == "waiting" else func.count()
    return session.execute(select(counted).select_from(Lead).where(*_answering(asked))).scalar_one()


def leads_by_state(session: Session, today: date, now: datetime) -> dict[str, int]:
    """How many leads are in each state; `waiting` counts what waits for an editor, `muted` what one still sees."""
    # The muted by themselves: of all others the index on the states knows enough.
    others = select(Lead.state, func.count()).where(Lead.state != LeadState.MUTED).group_by(Lead.state)
    seen = select(Lead.state, func.count()).where(Lead.state == LeadState.MUTED, Lead.arrived_at > now - MUTED_SEEN)
    rows = session.execute(union_all(others, seen.group_by(Lead.state)))
    counts: dict[str, int] = {state: number for state, number in rows}
    counts["waiting"] = session.execute(select(func.count()).where(waiting(today))).scalar_one()
    return counts


def waiting(today: date) -> ColumnElement[bool]:
    """Whether a lead waits for an editor: new, kept, or snoozed until today or earlier."""
    return or_(
        Lead.state.in_(WAITING),
        and_(Lead.state == LeadState.SNOOZED, Lead.snoozed_until <= today),
    )


def publication_choices(session: Session, asked: InboxQuestion) -> list[Narrowing]:
    """The publications of what waits, those with the most first."""
    count = func.count()
    rows = session.execute(
        select(Publication.slug, Publication.name, count)
        .join(Lead, Lead.publication_id == Publication.id)
        .where(waiting(asked.today))
        .group_by(Publication.slug, Publication.name)
        .order_by(count.desc(), Publication.name)
    )
    return [Narrowing(*row) for row in rows]


def topic_choices(session: Session, asked: InboxQuestion) -> list[Narrowing]:
    """The topics of the sources of what waits, by name."""
    rows = session.execute(
        select(Topic.slug, Topic.name, func.count())
        .join(source_topics, source_topics.c.topic_id == Topic.id)
        .join(Lead, Lead.source_id == source_topics.c.source_id)
        .where(waiting(asked.today))
        .group_by(Topic.slug, Topic.name)
        .order_by(Topic.name)
    )
    return [Narrowing(*row) for row in rows]


def lead_by_id(session: Session, lead_id: int) -> Lead | None:
    """The lead."""
    return session.get(Lead, lead_id)


def leads_of_story(session: Session, lead: Lead) -> list[Lead]:
    """All leads of its story, itself included, the newest first."""
    if lead.story_id is None:
        return [lead]
    rows = session.execute(
        select(Lead).where(Lead.story_id == lead.story_id).order_by(Lead.published_at.desc(), Lead.id.desc())
    )
    return list(rows.scalars())


def came_from_lead(session: Session, summary_id: int) -> bool:
    """Whether the summary began with a lead."""
    return session.execute(select(Lead.id).where(Lead.summary_id == summary_id).limit(1)).first() is not None


def publications_of(session: Session, leads: Collection[Lead]) -> dict[int, str]:
    """By lead, the name of its publication: ours where we know it, else as its source has it."""
    ids = {lead.publication_id for lead in leads if lead.publication_id}
    rows = session.execute(select(Publication.id, Publication.name).where(Publication.id.in_(ids))).all()
    names: dict[int, str] = {row.id: row.name for row in rows}
    return {lead.id: names.get(lead.publication_id or 0, lead.publication) for lead in leads}


def source_of(session: Session, lead: Lead) -> WatchedSource | None:
    """The source that brought it first."""
    return session.get(WatchedSource, lead.source_id) if lead.source_id else None


def _row_key() -> ColumnElement[int]:
    return case((Lead.story_id.is_not(None), Lead.story_id), else_=-Lead.id)


def _in_rows(keys: Collection[int]) -> ColumnElement[bool]:
    return or_(Lead.story_id.in_([key for key in keys if key > 0]), Lead.id.in_([-key for key in keys if key < 0]))


def _answering(asked: InboxQuestion) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        waiting(asked.today) if asked.show == "waiting" else Lead.state == asked.show,
    ]
    if asked.show == LeadState.MUTED:
        wanted.append(Lead.arrived_at > datetime.combine(asked.today, time(), UTC) - MUTED_SEEN)
    if asked.text:
        wanted.append(Lead.id.in_(_with_words(wanted, asked.text.split())))
    if asked.publication:
        wanted.append(Lead.publication_id.in_(_publications(asked.publication)))
    if asked.topic:
        wanted.append(Lead.source_id.in_(_sources_on(asked.topic)))
    if asked.source:
        wanted.append(Lead.source_id == asked.source)
    return wanted


def _with_words(wanted: Sequence[ColumnElement[bool]], words: Sequence[str]) -> Select[int]:
    """The newest of the wanted that have all these words; no other text is looked at."""
    newest = select(Lead.id, Lead.title, Lead.lede).where(*wanted).order_by(Lead.published_at.desc(), Lead.id.desc())
    latest = newest.limit(LOOKED_THROUGH).subquery()
    has_all = (
        or_(latest.c.title.icontains(word, autoescape=True), latest.c.lede.icontains(word, autoescape=True))
        for word in words
    )
    # Materialised, or PostgreSQL may look through them again for each story.
    found = select(latest.c.id).where(*has_all).cte("found").prefix_with("MATERIALIZED")
    return select(found.c.id)


def _publications(slug: str) -> Select[int]:
    return select(Publication.id).where(Publication.slug == slug)


def _sources_on(slug: str) -> Select[int]:
    topic = select(Topic.id).where(Topic.slug == slug).scalar_subquery()
    return select(source_topics.c.source_id).where(source_topics.c.topic_id == topic)
