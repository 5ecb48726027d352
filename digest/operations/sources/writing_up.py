"""From a lead to a draft, and back: what is known of its story is filled in, so that nobody types it again."""

from __future__ import annotations

from dataclasses import dataclass

from digest.domain.issues.edition import Source
from digest.domain.shared.stored import unpacked
from digest.domain.shared.urls import is_safe
from digest.domain.sources.states import LeadState
from digest.operations.archive.indexing import leave_index, lock_index
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.sources.standings import (
    VERSION,
    WHAT,
    Undone,
    bring_back,
    standing_of,
    standings_in,
    told,
    waiting_again,
)
from digest.operations.writing.editing import Beginning, Saving, start_draft
from digest.operations.writing.meaning import Meant, Said
from digest.storage.base.database import one_at_a_time
from digest.storage.people.editors import Editor
from digest.storage.sources.acts import LeadAct, keep_act
from digest.storage.sources.inbox import lead_by_id, leads_of_story, publications_of
from digest.storage.sources.leads import Lead, leads_for_change, put_leads
from digest.storage.sources.source_pages import topics_of_source
from digest.storage.writing.summaries import Summary
from digest.storage.writing.working_copies import copies_beside

WRITE = "write"
"""As an act that can be undone is called."""
_MOST_SOURCES = 10
_DONE_WITH = (LeadState.USED, LeadState.DISMISSED)


@dataclass(frozen=True)
class _Known:
    lead_ids: list[int]
    beginning: Beginning
    summary_id: int | None


def write_about(context: Context, lead_id: int, editor: Editor, said: Said | None = None) -> int | Meant:
    """Begin a draft with the lead's title, date and publication and the addresses of its whole story.

    Returns the summary's id; asked twice, or by two editors about two leads of one story, it is one draft. Where the
    publication is new, and nobody has `said` what is meant, nothing is begun, and what is to be asked comes back.
    Raises Refused if the lead is gone.
    """
    with context.db.writing() as session:
        one_at_a_time(session, "leads")  # a story is written about by whoever comes first
        work = context.within(session)
        known = _known(work, lead_id)
        if known.summary_id is not None:
            return known.summary_id
        begun = start_draft(work, known.beginning, Saving(editor.email, editor.id), said)
        if not isinstance(begun, Meant):
            _use(work, known.lead_ids, begun, editor.id)
        return begun


def unwrite(work: Work, done: LeadAct) -> Undone:
    """Take the draft away again, and let its leads wait as before; but not where somebody has typed in it since."""
    lock_index(work.session)  # before any row: whoever indexes holds it while it changes leads
    before = standings_in(done)
    summary_id = unpacked(done.before, VERSION, WHAT)["summary"]
    draft = work.session.get(Summary, summary_id, with_for_update={"of": Summary}, populate_existing=True)
    if draft is None:
        return Undone("The draft was deleted already.", is_whole=False)
    if draft.version > 1 or draft.published_at or copies_beside(work.session, draft.id):
        return Undone(
            f"“{draft.title}” stays: it was written on since. Delete it on its page if nobody wants it.", is_whole=False
        )
    leads = [lead for lead in leads_for_change(work.session, before) if lead.summary_id == draft.id]
    put_leads(work.session, [lead.id for lead in leads], summary_id=None)
    bring_back(work.session, [before[lead.id] for lead in leads])
    leave_index(work.session, draft.id, draft.indexed_seat)
    work.session.delete(draft)
    return Undone(f"{waiting_again(len(leads))} The draft is gone: nobody had typed in it.")


def _use(work: Work, lead_ids: list[int], summary_id: int, editor_id: int) -> None:
    before = told(map(standing_of, leads_for_change(work.session, lead_ids)), summary=summary_id)
    keep_act(work.session, LeadAct(editor_id=editor_id, verb=WRITE, at=work.now, before=before, undone=False))
    put_leads(
        work.session,
        lead_ids,
        state=LeadState.USED,
        summary_id=summary_id,
        snoozed_until=None,
        touched_at=work.now,
        touched_by=editor_id,
    )


def _known(work: Work, lead_id: int) -> _Known:
    session = work.session
    lead = lead_by_id(session, lead_id)
    if lead is None:
        raise Refused("This lead is not here any more. Reload the leads.")
    story = [lead, *(each for each in leads_of_story(session, lead) if _is_with(each, lead))]
    names = publications_of(session, story)
    topics = topics_of_source(session, lead.source_id) if lead.source_id else []
    sources = tuple(Source(each.url, each.title, names[each.id]) for each in story if is_safe(each.url))[:_MOST_SOURCES]
    beginning = Beginning(
        title=lead.title[:300],
        published_on=work.settings.schedule.local(lead.published_at).date(),
        publication=names[lead.id],
        sources=sources,
        topics=tuple(topic.name for topic in topics),
    )
    return _Known([each.id for each in story], beginning, lead.summary_id)


def _is_with(each: Lead, lead: Lead) -> bool:
    return each.id != lead.id and each.state not in _DONE_WITH
