"""The demo's second thoughts: one correction, one summary superseded, one withdrawn, and a draft that saved itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from digest.demo.leading import lead_lines
from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import Manuscript, Piece
from digest.operations.shared.context import Context
from digest.operations.sources.writing_up import write_about
from digest.operations.writing.autosaving import keep
from digest.operations.writing.editing import Saving, save
from digest.operations.writing.ending import supersede, withdraw
from digest.operations.writing.meaning import Meant
from digest.storage.people.editors import Editor
from digest.storage.running.demo_marks import demo_ids, demo_leads, demo_summaries, mark_demo
from digest.storage.writing.revisions import has_revisions
from digest.storage.writing.summaries import Summary

_SUPERSEDED, _WITHDRAWN, _CORRECTED = timedelta(days=6), timedelta(days=4), timedelta(days=2)
_FORM = "demo"
_FIRST_WORDS = (
    "Public bodies have searched for 1.2 million faces with Facetrail, documents show: mostly the police, but also "
    "libraries and one zoo, which looked for borrowed season cards.\n\nTo ask: on what legal ground."
)


def tell_ends(context: Context, lines: Sequence[Mapping[str, Any]], editor: Editor) -> None:
    """Bring the public ends that summaries.jsonl tells of, a few days ago; what has an end already keeps it."""
    with context.db.reading() as session:
        summaries = {summary.title: summary for summary in demo_summaries(session)}
        done = {title for title, summary in summaries.items() if has_revisions(session, summary.id)}
        pieces = {title: _piece(summary) for title, summary in summaries.items()}
    for line in lines:
        title, end = line["title"], line.get("end", {})
        if not end or title in done or title not in summaries:  # a correction may change the title
            continue
        summary = summaries[title]
        if newer := end.get("superseded_by"):
            supersede(_ago(context, _SUPERSEDED), summary.id, summaries[newer].id, editor.email)
        if reason := end.get("withdrawn"):
            withdraw(_ago(context, _WITHDRAWN), summary.id, reason, editor.email)
        if correction := end.get("correction"):
            wrong, right, note = correction
            piece = replace(pieces[title], body=pieces[title].body.replace(wrong, right))
            piece = replace(piece, title=piece.title.replace(wrong, right))
            saving = Saving(editor.email, editor.id, correction=note)
            save(context.db, context.now - _CORRECTED, piece, summary.id, summary.version, saving)


def add_draft(context: Context, editor: Editor) -> None:
    """Begin a draft with the story that leads.jsonl says, and let the form save its first words."""
    wanted = next(line["url"] for line in lead_lines() if line.get("begun"))
    with context.db.reading() as session:
        lead_id = next(lead.id for lead in demo_leads(session) if lead.url == wanted)
    draft_id = write_about(_ago(context, timedelta(minutes=40)), lead_id, editor)
    if isinstance(draft_id, Meant):
        raise ValueError(f"the demo’s lead names “{draft_id.name}”, which none of its summaries does")
    with context.db.writing() as session:
        if draft_id not in demo_ids(session, "summaries"):
            mark_demo(session, "summaries", [draft_id])
        draft = session.get_one(Summary, draft_id)
        piece, version = _piece(draft), draft.version
    typed = Manuscript(
        piece.title, piece.published_on.isoformat(), piece.publication, _FIRST_WORDS, piece.sources, piece.topics
    )
    keep(_ago(context, timedelta(minutes=25)), typed, draft_id, version, Saving(editor.email, editor.id, _FORM))


def _ago(context: Context, how_long: timedelta) -> Context:
    return replace(context, now=context.now - how_long)


def _piece(summary: Summary) -> Piece:
    sources = tuple(Source(link.url, link.title, link.publication) for link in summary.sources)
    topics = tuple(topic.name for topic in summary.topics)
    return Piece(summary.title, summary.published_on, summary.publication.name, summary.body, sources, topics)
