"""The names of publications and of topics, in one way for both: aliases, old slugs, what hangs on a name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, func, or_, select, update
from sqlalchemy.orm import Session

from digest.domain.shared.slugs import slugify, spelling
from digest.domain.writing.archived import OtherNames
from digest.storage.base.database import one_at_a_time
from digest.storage.base.model import table_of
from digest.storage.writing.free_slugs import free_slug, slugs_like
from digest.storage.writing.other_names import Alias, PublicationAlias, PublicationSlug, TopicAlias, TopicSlug
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import Topic, summary_topics

Named = Publication | Topic


@dataclass(frozen=True)
class NameKind:
    """What is named: its table, and those of its other names and slugs."""

    word: str
    model: type[Any]
    alias: type[Any]
    old_slug: type[Any]
    summaries: ColumnElement[int]
    """Where a summary's is named."""


@dataclass(frozen=True)
class BriefName:
    """A publication or topic as a list of choices has it."""

    id: int
    slug: str
    name: str


_OF_A_SUMMARY = table_of(Summary).c.publication_id
PUBLICATIONS = NameKind("publication", Publication, PublicationAlias, PublicationSlug, _OF_A_SUMMARY)
TOPICS = NameKind("topic", Topic, TopicAlias, TopicSlug, summary_topics.c.topic_id)


def named(session: Session, kind: NameKind, row_id: int) -> Named | None:
    """The publication or topic with that id."""
    found: Named | None = session.get(kind.model, row_id)
    return found


def named_for_change(session: Session, kind: NameKind, row_id: int) -> Named | None:
    """The same as it is now; until the transaction ends nobody else makes, renames or merges names."""
    one_at_a_time(session, "names")
    found: Named | None = session.get(kind.model, row_id, populate_existing=True)
    return found


def all_named(session: Session, kind: NameKind) -> list[Named]:
    """Every one by name."""
    return list(session.execute(select(kind.model).order_by(kind.model.name)).scalars())


def brief_names(session: Session, kind: NameKind) -> list[BriefName]:
    """Every one by name."""
    model = kind.model
    return [BriefName(*row) for row in session.execute(select(model.id, model.slug, model.name).order_by(model.name))]


def names_page(
    session: Session, kind: NameKind, text: str, number: int, size: int
) -> tuple[list[tuple[Named, int]], int]:
    """One page of those whose name or alias has this in it, by name, with how many summaries each has; and how many
    there are in all.
    """
    model, alias = kind.model, kind.alias
    asked = select(model.id)
    if key := spelling(text) if text else "":
        by_alias = select(alias.owner_id).where(alias.spelling.contains(key, autoescape=True))
        asked = asked.where(or_(model.spelling.contains(key, autoescape=True), model.id.in_(by_alias)))
    total = session.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
    count = select(func.count()).where(kind.summaries == model.id).scalar_subquery()
    page = select(model, count).where(model.id.in_(asked)).order_by(func.lower(model.name), model.id)
    return [(row[0], row[1]) for row in session.execute(page.limit(size).offset((number - 1) * size))], total


def id_of_name(session: Session, kind: NameKind, name: str) -> int | None:
    """Whose name this is, or how it is spelt, or another of its names; None: nobody's."""
    key, model, alias = spelling(name), kind.model, kind.alias
    own = select(model.id).where(or_(model.name == name, model.spelling == key))
    found: int | None = session.execute(own.order_by((model.name == name).desc(), model.id).limit(1)).scalar()
    also: int | None = session.execute(select(alias.owner_id).where(alias.spelling == key)).scalar()
    return found or also


def aliases_of(session: Session, kind: NameKind, row_id: int) -> Sequence[Alias]:
    """Its other names, by name."""
    alias = kind.alias
    return list(session.execute(select(alias).where(alias.owner_id == row_id).order_by(alias.name)).scalars())


def add_alias(session: Session, kind: NameKind, row_id: int, name: str) -> None:
    """One more name; the caller has seen that it is nobody's, in this transaction."""
    session.execute(table_of(kind.alias).insert().values(spelling=spelling(name), name=name, owner_id=row_id))


def drop_alias(session: Session, kind: NameKind, row_id: int, key: str) -> None:
    """Take the other name that is spelt so away."""
    session.execute(delete(kind.alias).where(kind.alias.spelling == key, kind.alias.owner_id == row_id))


def other_names(session: Session) -> OtherNames:
    """Every alias, as spellings."""
    return OtherNames(_by_spelling(session, PUBLICATIONS), _by_spelling(session, TOPICS))


def slugs_now(session: Session, kind: NameKind, slugs: Collection[str]) -> Mapping[str, str]:
    """For each of these slugs that was another's before, or spells another name, the slug of today."""
    model, old, alias = kind.model, kind.old_slug, kind.alias
    before = select(old.slug, model.slug).join(model, model.id == old.owner_id).where(old.slug.in_(slugs))
    also = select(alias.spelling, model.slug).join(model, model.id == alias.owner_id).where(alias.spelling.in_(slugs))
    today = set(session.execute(select(model.slug).where(model.slug.in_(slugs))).scalars())
    found: dict[str, str] = dict(session.execute(also).all()) | dict(session.execute(before).all())
    return {slug: now for slug, now in found.items() if slug not in today}


def slugs_there(session: Session, kind: NameKind, slugs: Collection[str]) -> set[str]:
    """Those of these slugs that one of them has today."""
    return set(session.execute(select(kind.model.slug).where(kind.model.slug.in_(slugs))).scalars()) if slugs else set()


def give_slug(session: Session, kind: NameKind, found: Named, name: str) -> str:
    """Let it have the slug of that name; the one it had leads to it. Returns the slug of today."""
    old, wanted = kind.old_slug, slugify(name) or kind.word
    session.execute(delete(old).where(old.owner_id == found.id, old.slug == wanted))
    taken = slugs_like(session, kind.model.slug, wanted) | slugs_like(session, old.slug, wanted)
    if (slug := free_slug(taken - {found.slug}, wanted)) != found.slug:
        session.execute(table_of(old).insert().values(slug=found.slug, owner_id=found.id))
        found.feed_slug = found.feed_slug or found.slug
        found.slug = slug
        session.flush()
    return slug


def hanging_on(session: Session, kind: NameKind, row_id: int, tables: Sequence[Table]) -> dict[str, int]:
    """How many rows of each of these tables name it; only of those that can."""
    return {
        column.table.name: session.execute(select(func.count()).where(column == row_id)).scalar_one()
        for column in _naming(kind, tables)
    }


def hang_on(session: Session, kind: NameKind, from_id: int, to_id: int, tables: Sequence[Table]) -> None:
    """Let whatever names the one name the other, in each of these tables that has a foreign key to it."""
    for column in _naming(kind, tables):
        table = column.table
        if column.primary_key and len(table.primary_key) > 1:  # a pair that names both already stays one
            both = table.alias()
            others = [each for each in table.primary_key if each is not column]
            there = select(both).where(both.c[column.name] == to_id, *(both.c[each.name] == each for each in others))
            session.execute(delete(table).where(column == from_id, there.exists()))
        session.execute(update(table).where(column == from_id).values({column: to_id}))
    session.expire_all()


def remove_merged(session: Session, kind: NameKind, gone: Named, into_id: int) -> None:
    """Take away what nothing hangs on any more; its name and slug lead to the other."""
    name, slug, row_id = gone.name, gone.slug, gone.id
    session.execute(delete(kind.model).where(kind.model.id == row_id).execution_options(synchronize_session=False))
    session.expunge(gone)
    session.execute(table_of(kind.old_slug).insert().values(slug=slug, owner_id=into_id))
    if id_of_name(session, kind, name) is None:
        add_alias(session, kind, into_id, name)


def _naming(kind: NameKind, tables: Sequence[Table]) -> Iterator[Column[int]]:
    key = table_of(kind.model).c.id
    for table in tables:
        yield from (each for each in table.c if any(foreign.column is key for foreign in each.foreign_keys))


def _by_spelling(session: Session, kind: NameKind) -> dict[str, str]:
    rows = session.execute(
        select(kind.alias.spelling, kind.model.spelling).join(kind.model, kind.model.id == kind.alias.owner_id)
    )
    return dict(rows.all())
