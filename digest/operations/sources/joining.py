"""What editors say of stories: these leads are one, or are not; remembered, and stronger than any likeness."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import product
from typing import Any

from digest.domain.shared.stored import packed, parts, unpacked
from digest.domain.sources.states import Likeness
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.sources.standings import VERSION, WHAT, Undone
from digest.storage.base.database import one_at_a_time
from digest.storage.sources.acts import LeadAct, keep_act
from digest.storage.sources.stories import (
    SaidOfLeads,
    drop_if_empty,
    existing_stories,
    keep_words,
    leads_of_stories,
    merge_stories,
    new_stories,
    put_beside,
    put_in_stories,
    said_of_pairs,
    store_near,
    stories_of_leads,
    unsay,
)

_BESIDE = 0.5
"""What an editor took apart stays beside it: the score of such a neighbour."""


def join(context: Context, editor_id: int, lead_ids: Collection[int]) -> int:
    """Make the stories of these leads one, for good; its id. Raises Refused where leads are gone or in no story yet."""
    with context.db.writing() as session:
        one_at_a_time(session, "leads")
        stories = _stories(stories_of_leads(session, lead_ids), lead_ids)
        kept, *gone = sorted(set(stories.values()))
        moved = stories_of_leads(session, leads_of_stories(session, gone))
        merge_stories(session, dict.fromkeys(gone, kept))
        first, *others = sorted(lead_ids)
        _say(context.within(session), editor_id, Likeness.TOGETHER, _pairs([first], others), moved, kept)
        return kept


def split(context: Context, editor_id: int, lead_ids: Collection[int]) -> int:
    """Take these leads of one story out of it, for good, into a story of their own; its id, or theirs if that is all.

    Raises Refused where leads are gone, or of more than one story.
    """
    with context.db.writing() as session:
        one_at_a_time(session, "leads")
        moved = _stories(stories_of_leads(session, lead_ids), lead_ids)
        stories = set(moved.values())
        if len(stories) > 1:
            raise Refused("These leads are of several stories. Choose those of one.")
        [story] = stories
        others = [lead for lead in leads_of_stories(session, [story]) if lead not in lead_ids]
        if not others:
            return story
        [new] = new_stories(session, context.now, 1)
        put_in_stories(session, dict.fromkeys(lead_ids, new))
        _say(context.within(session), editor_id, Likeness.APART, _pairs(lead_ids, others), moved, new)
        store_near(session, {new: [(story, _BESIDE)]})
        return new


def regroup_as_before(work: Work, done: LeadAct) -> Undone:
    """Take back what an editor said of stories: leads that are still where that put them go where they were."""
    values = unpacked(done.before, VERSION, WHAT)
    put_in, moved = values["story"], {row["lead"]: row["was"] for row in parts(values, WHAT, "moved")}
    said = [_said(row) for row in parts(values, WHAT, "said")]
    now_in = stories_of_leads(work.session, moved)
    homes = _homes(work, set(moved.values()), may_be_made=done.verb == Likeness.TOGETHER)
    returning = {lead: was for lead, was in moved.items() if now_in.get(lead) == put_in and was in homes}
    put_in_stories(work.session, {lead: homes[was] for lead, was in returning.items()})
    if done.verb == Likeness.TOGETHER:
        for home in homes.values():
            put_beside(work.session, put_in, home, _BESIDE)
    drop_if_empty(work.session, put_in)
    unsay(work.session, done.editor_id, done.verb, done.at, said)
    if len(returning) < len(moved):
        return Undone("Undone as far as it goes: somebody has sorted some of these leads since.", is_whole=False)
    return Undone("Undone: the stories are as before.")


def _homes(work: Work, stories: Collection[int], may_be_made: bool) -> dict[int, int]:
    """By the story that leads were in, the one that they go back to: itself, or a new one for what a join took away."""
    there = existing_stories(work.session, stories)
    missing = [story for story in stories if story not in there] if may_be_made else []
    made = new_stories(work.session, work.now, len(missing))
    return {story: story for story in there} | dict(zip(missing, made, strict=True))


def _say(
    work: Work,
    editor_id: int,
    likeness: Likeness,
    pairs: list[tuple[int, int]],
    moved: Mapping[int, int | None],
    story: int,
) -> None:
    """Keep the words, and as an act what undoing them needs."""
    before = {
        "moved": [{"lead": lead, "was": was} for lead, was in moved.items()],
        "story": story,
        "said": [_stored(said) for said in said_of_pairs(work.session, pairs)],
    }
    keep_words(work.session, work.now, editor_id, likeness, pairs)
    act = LeadAct(editor_id=editor_id, verb=likeness, at=work.now, before=packed(before, VERSION), undone=False)
    keep_act(work.session, act)


def _stored(said: SaidOfLeads) -> dict[str, object]:
    return {
        "one": said.lead_id,
        "other": said.other_id,
        "likeness": said.likeness,
        "editor": said.editor_id,
        "at": said.at.isoformat(),
    }


def _said(row: Mapping[str, Any]) -> SaidOfLeads:
    return SaidOfLeads(row["one"], row["other"], row["likeness"], row["editor"], datetime.fromisoformat(row["at"]))


def _stories(found: dict[int, int | None], asked: Collection[int]) -> dict[int, int]:
    there = {lead: story for lead, story in found.items() if story is not None}
    if not asked or len(there) < len(set(asked)):
        raise Refused("A lead of these is gone, or not sorted yet. Load the page again.")
    return there


def _pairs(ones: Iterable[int], others: Iterable[int]) -> list[tuple[int, int]]:
    return [(min(pair), max(pair)) for pair in product(ones, others)]
