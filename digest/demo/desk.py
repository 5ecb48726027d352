"""The demo's desk: its sources, its leads, and what editors have done. Loaded last, by the editors that are there then.

Interrupted, it begins anew: the mark for the whole comes at its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from digest.demo.leading import add_leads, triage
from digest.demo.rewriting import add_draft, tell_ends
from digest.demo.watching import add_sources, say_states
from digest.operations.shared.context import Context
from digest.operations.sources.grouping import group_leads
from digest.storage.people.editors import Editor
from digest.storage.running.demo_marks import delete_demo_desk, demo_ids, mark_demo

_WHOLE = "desk"


def add_desk(context: Context, lines: Sequence[Mapping[str, Any]]) -> None:
    """Bring sources and leads in every state, and a past of corrections; nothing if all of it is there."""
    with context.db.writing() as session:
        if demo_ids(session, _WHOLE):
            return
        delete_demo_desk(session)
        editors = [session.get_one(Editor, editor_id) for editor_id in demo_ids(session, "editors")]
        session.expunge_all()
    with context.db.writing() as session:
        work = context.within(session)
        add_leads(work, add_sources(work, editors[0]))
    group_leads(context, patience=30)
    say_states(context, editors[0])
    triage(context, editors[0])
    tell_ends(context, lines, editors[1])
    add_draft(context, editors[0])
    with context.db.writing() as session:
        mark_demo(session, _WHOLE, [1])
