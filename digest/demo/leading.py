"""The demo's leads: two weeks of invented news, as sources would have brought it, and what editors did with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from digest.domain.sources.states import LeadState
from digest.feeds.base.entries import Entry
from digest.operations.shared.context import Context, Work
from digest.operations.sources.arriving import Candidate, arrive
from digest.operations.sources.triage import Verb, act
from digest.storage.people.editors import Editor
from digest.storage.running.demo_marks import demo_leads, demo_summaries
from digest.storage.sources.leads import put_leads
from digest.storage.sources.old_leads import retire_leads, untouched_leads
from digest.storage.sources.sources import WatchedSource

_SEEN_AFTER = timedelta(minutes=25)
_TRIAGED_AFTER = timedelta(hours=14)
_RETIRED_AFTER = timedelta(days=14)


def lead_lines() -> list[dict[str, Any]]:
    """The lines of leads.jsonl, the oldest first; `hours` say how long ago each was published."""
    text = Path(__file__).with_name("leads.jsonl").read_text("utf-8")
    lines: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines()]
    return sorted(lines, key=lambda line: -int(line["hours"]))


def add_leads(work: Work, sources: Mapping[str, WatchedSource]) -> None:
    """Let all leads arrive by the path that a source's take, each soon after it was published."""
    brought: defaultdict[str, list[Candidate]] = defaultdict(list)
    for line in lead_lines():
        brought[line["publication"]].append(_candidate(line, sources[line["publication"]], work.now))
    for publication, candidates in brought.items():
        arrive(work, candidates, sources[publication].id)


def triage(context: Context, editor: Editor) -> None:
    """Do what an editor did in two weeks, at believable moments; what nobody touched in them retires."""
    lines = lead_lines()
    with context.db.writing() as session:
        ids = {lead.url: lead.id for lead in demo_leads(session)}
        _use(session, lines, ids, context.now, editor)
        retire_leads(session, untouched_leads(session, context.now - _RETIRED_AFTER))
    today = context.settings.schedule.local(context.now).date()
    for line in lines:
        if verb := line.get("act"):
            until = today + timedelta(days=line["days"]) if verb == Verb.SNOOZE else None
            at = replace(context, now=_touched_at(line, context.now))
            act(at, editor.id, Verb(verb), [ids[line["url"]]], until)


def _candidate(line: Mapping[str, Any], source: WatchedSource, now: datetime) -> Candidate:
    at = now - timedelta(hours=line["hours"], minutes=len(line["title"]) % 50)
    entry = Entry(line["url"], line["url"], line["title"], line["lede"], at)
    return Candidate(entry, publication_id=source.publication_id, language=source.language, arrived_at=at + _SEEN_AFTER)


def _use(session: Session, lines: list[dict[str, Any]], ids: Mapping[str, int], now: datetime, editor: Editor) -> None:
    """This week's summaries were made of leads."""
    summaries = {summary.title: summary.id for summary in demo_summaries(session)}
    for line in lines:
        if title := line.get("used_in"):
            put_leads(
                session,
                [ids[line["url"]]],
                state=LeadState.USED,
                summary_id=summaries[title],
                touched_at=_touched_at(line, now),
                touched_by=editor.id,
            )


def _touched_at(line: Mapping[str, Any], now: datetime) -> datetime:
    return now - timedelta(hours=line["hours"]) + min(_TRIAGED_AFTER, timedelta(hours=line["hours"]) / 2)
