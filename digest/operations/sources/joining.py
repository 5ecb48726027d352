"""What editors say of stories: these leads are one, or are not; remembered, and stronger than any likeness."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import product

from digest.domain.sources.states import Likeness
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import one_at_a_time
from digest.storage.sources.stories import (
    keep_words,
    leads_of_stories,
    merge_stories,
    new_stories,
    put_in_stories,
    store_near,
    stories_of_leads,
)

_BESIDE = 0.5
"""What an editor took apart stays beside it: the score of such a neighbour."""


def join(context: Context, editor_id: int, lead_ids: Collection[int]) -> int:
    """Make the stories of these leads one, for good; its id. Raises Refused where leads are gone or in no story yet."""
    with context.db.writing() as session:
        one_at_a_time(session, "leads")
        stories = _stories(stories_of_leads(session, lead_ids), lead_ids)
        kept, *gone = sorted(set(stories.values()))
        merge_stories(session, dict.fromkeys(gone, kept))
        first, *others = sorted(lead_ids)
        keep_words(session, context.now, editor_id, Likeness.TOGETHER, _pairs([first], others))
        return kept


def split(context: Context, editor_id: int, lead_ids: Collection[int]) -> int:
    """Take these leads of one story out of it, for good, into a story of their own; its id, or theirs if that is all.

    Raises Refused where leads are gone, or of more than one story.
    """
    with context.db.writing() as session:
        one_at_a_time(session, "leads")
        stories = set(_stories(stories_of_leads(session, lead_ids), lead_ids).values())
        if len(stories) > 1:
            raise Refused("These leads are of several stories. Choose those of one.")
        [story] = stories
        others = [lead for lead in leads_of_stories(session, [story]) if lead not in lead_ids]
        if not others:
            return story
        [new] = new_stories(session, context.now, 1)
        put_in_stories(session, dict.fromkeys(lead_ids, new))
        keep_words(session, context.now, editor_id, Likeness.APART, _pairs(lead_ids, others))
        store_near(session, {new: [(story, _BESIDE)]})
        return new


def _stories(found: dict[int, int | None], asked: Collection[int]) -> dict[int, int]:
    there = {lead: story for lead, story in found.items() if story is not None}
    if not asked or len(there) < len(set(asked)):
        raise Refused("A lead of these is gone, or not sorted yet. Load the page again.")
    return there


def _pairs(ones: Iterable[int], others: Iterable[int]) -> list[tuple[int, int]]:
    return [(min(pair), max(pair)) for pair in product(ones, others)]
