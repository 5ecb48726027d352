"""From a lead to a draft: what is known of its story is filled in, so that nobody types it again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from digest.domain.issues.edition import Source
from digest.domain.shared.urls import is_safe
from digest.domain.sources.states import LeadState
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.writing.editing import Beginning, Saving, start_draft
from digest.storage.people.editors import Editor
from digest.storage.sources.inbox import lead_by_id, leads_of_story, publications_of
from digest.storage.sources.leads import Lead, leads_for_change, put_leads
from digest.storage.sources.source_pages import topics_of_source

_MOST_SOURCES = 10
_UNTOUCHED = (LeadState.USED, LeadState.DISMISSED)


@dataclass(frozen=True)
class _Known:
    lead_ids: list[int]
    beginning: Beginning
    key: str
    summary_id: int | None


def write_about(context: Context, lead_id: int, editor: Editor) -> int:
    """Begin a draft with the lead's title, date and publication and the addresses of its whole story.

    Returns the summary's id; asked twice, or by two editors, it is one draft. Raises Refused if the lead is gone.
    """
    known = _known(context, lead_id)
    if known.summary_id is not None:
        return known.summary_id
    summary_id = start_draft(context, known.beginning, Saving(editor.email, editor.id, known.key))
    with context.db.writing() as session:
        leads_for_change(session, known.lead_ids)
        put_leads(
            session,
            known.lead_ids,
            state=LeadState.USED,
            summary_id=summary_id,
            snoozed_until=None,
            touched_at=context.now,
            touched_by=editor.id,
        )
    return summary_id


def _known(context: Context, lead_id: int) -> _Known:
    with context.db.reading() as session:
        lead = lead_by_id(session, lead_id)
        if lead is None:
            raise Refused("This lead is not here any more. Reload the leads.")
        story = [lead, *(each for each in leads_of_story(session, lead) if _is_with(each, lead))]
        names = publications_of(session, story)
        topics = topics_of_source(session, lead.source_id) if lead.source_id else []
    sources = tuple(Source(each.url, each.title, names[each.id]) for each in story if is_safe(each.url))[:_MOST_SOURCES]
    beginning = Beginning(
        title=lead.title[:300],
        published_on=context.settings.schedule.local(lead.published_at).date(),
        publication=names[lead.id],
        sources=sources,
        topics=tuple(topic.name for topic in topics),
    )
    return _Known([each.id for each in story], beginning, _key(lead), lead.summary_id)


def _is_with(each: Lead, lead: Lead) -> bool:
    return each.id != lead.id and each.state not in _UNTOUCHED


def _key(lead: Lead) -> str:
    """The same for whoever begins with the same lead, so that two presses make one draft."""
    return sha256(f"lead {lead.id}".encode()).hexdigest()[:32]
