"""Grouping: new leads join stories or begin them, outside the transaction that they arrived in; editors' words win.

It reads, compares without any transaction open, and writes in a short one. What it does not come to, it does the next
time.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.sources.canonical import canonical_hash
from digest.domain.sources.identity import link_key
from digest.domain.sources.likeness import Terms, terms
from digest.domain.sources.states import Likeness
from digest.domain.sources.stories import WINDOW, ComparedLead, Grouping, Pair, grouped
from digest.operations.archive.covering import Archive
from digest.operations.archive.indexing import index_summaries
from digest.operations.shared.context import Context
from digest.operations.shared.wakeups import pause
from digest.storage.sources.linked_leads import link_leads_by_key, link_new_leads, store_resemblances
from digest.storage.sources.stories import (
    LeadWords,
    grouped_leads,
    latest_texts,
    merge_stories,
    new_stories,
    put_in_stories,
    store_near,
    ungrouped_leads,
    words_of_editors,
)

_AT_ONCE = 2_000
_SOON, _PATIENCE = 200, 1.0
"""So many leads are compared while an editor waits, and so many seconds are waited for another who compares."""
_BACKGROUND = 2_000
"""So many of the latest leads say which words are rare, where there are fewer to compare."""


@dataclass(frozen=True)
class _Read:
    fresh: Sequence[LeadWords]
    around: Sequence[LeadWords]
    background: Sequence[Terms]
    said: Sequence[tuple[int, int, str]]


def group_leads(context: Context, patience: float = 0.0, tell: Callable[[int], None] = lambda _: None) -> int:
    """Find the stories of all leads that have none; returns how many there were. `tell` hears how many are done.

    One process does this at a time; another waits so many seconds for it, then leaves the leads to it.
    """
    until = time.monotonic() + patience
    while True:
        with context.db.alone("stories") as alone:
            if alone:
                return _group_all(context, tell)
        if time.monotonic() >= until:
            return 0
        pause(0.2)


def compare_at_once(context: Context, lead_id: int, addresses: Collection[str]) -> None:
    """Compare one lead that an editor waits for: with the archive, and where few others wait, with all other leads.

    `addresses` are all that lead to its page: a summary that links any of them links it.
    """
    is_indexed = index_summaries(context.db, _SOON) < _SOON
    with context.db.reading() as session:
        waiting = ungrouped_leads(session, _SOON + 1)
        mine = [lead for lead in waiting if lead.id == lead_id]
    alike = _covered(context, mine)
    with context.db.writing() as session:
        store_resemblances(session, alike)
        link_leads_by_key(session, {link_key(url): canonical_hash(url) for url in addresses if link_key(url)})
    if mine and is_indexed and len(waiting) <= _SOON:
        group_leads(context, _PATIENCE)


def _group_all(context: Context, tell: Callable[[int], None]) -> int:
    index_summaries(context.db)
    done = 0
    while (read := _read(context)).fresh:
        found = _found(read)
        if _store(context, read, found):
            done += len(read.fresh)
            tell(done)
    return done


def _read(context: Context) -> _Read:
    with context.db.reading() as session:
        fresh = ungrouped_leads(session, _AT_ONCE)
        if not fresh:
            return _Read((), (), (), ())
        around = grouped_leads(session, fresh[0].published_at - WINDOW, fresh[-1].published_at + WINDOW)
        missing = max(0, _BACKGROUND - len(fresh) - len(around))
        texts = latest_texts(session, _BACKGROUND) if missing else []
        there = {(lead.title, lead.lede) for lead in (*fresh, *around)}
        background = [terms(*text) for text in texts if text not in there]
        return _Read(fresh, around, background, words_of_editors(session))


def _found(read: _Read) -> Grouping:
    pieces = [
        ComparedLead(lead.id, lead.published_at, terms(lead.title, lead.lede), lead.story_id)
        for lead in (*read.around, *read.fresh)
    ]
    together = [Pair(one, other) for one, other, said in read.said if said == Likeness.TOGETHER]
    apart = [Pair(one, other) for one, other, said in read.said if said == Likeness.APART]
    return grouped(pieces, read.background, together, apart)


def _store(context: Context, read: _Read, found: Grouping) -> bool:
    """Whether it was stored; not where an editor said something meanwhile, or took a lead out of its story."""
    before = {lead.id: lead.story_id for lead in (*read.fresh, *read.around)}
    alike = _covered(context, read.fresh)
    with context.db.writing() as session:
        if list(words_of_editors(session)) != list(read.said):
            return False
        stories = _stories(session, context, found, before)
        new = {
            lead: story
            for story, group in zip(stories, found.groups, strict=True)
            for lead in group
            if before[lead] is None
        }
        put_in_stories(session, new)
        merge_stories(session, _merged(stories, found, before))
        store_near(session, _near(stories, found))
        store_resemblances(session, alike)
        link_new_leads(session, [lead.id for lead in read.fresh])
    return True


def _covered(context: Context, leads: Sequence[LeadWords]) -> list[tuple[int, int, float]]:
    """Lead, summary and score, up to three a lead."""
    with context.db.reading() as session:
        archive = Archive(session)
        return [
            (lead.id, summary_id, score)
            for lead in leads
            for summary_id, score in archive.resembling(lead.title, lead.lede)
        ]


def _stories(session: Session, context: Context, found: Grouping, before: dict[int, int | None]) -> list[int]:
    """By group: the oldest of the stories that its leads have, else a new one."""
    had = [[story for lead in group if (story := before[lead]) is not None] for group in found.groups]
    made = iter(new_stories(session, context.now, sum(not each for each in had)))
    return [min(each) if each else next(made) for each in had]


def _merged(stories: Sequence[int], found: Grouping, before: dict[int, int | None]) -> dict[int, int]:
    return {
        old: story
        for story, group in zip(stories, found.groups, strict=True)
        for lead in group
        if (old := before[lead]) is not None and old != story
    }


def _near(stories: Sequence[int], found: Grouping) -> dict[int, list[tuple[int, float]]]:
    near = defaultdict[int, list[tuple[int, float]]](list)
    for story, nearest in zip(stories, found.near, strict=True):
        near[story] = [(stories[place], score) for place, score in nearest]
    return near
