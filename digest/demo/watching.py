"""The demo's sources: invented publications at hosts that never resolve (RFC 6761), in every state there is.

What became of asking them is written by what writes it of real ones. The clock passes over them: nobody is there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from digest.demo.leading import lead_lines
from digest.domain.shared.tokens import new_key
from digest.domain.sources import answers
from digest.domain.sources.answers import AnswerOutcome
from digest.domain.sources.hosts import host_of
from digest.domain.sources.states import RuleKind, SourceKind, SourceState
from digest.operations.shared.context import Context, Work
from digest.operations.sources.asking import Heard
from digest.operations.sources.noting import note
from digest.operations.sources.watching import pause_source
from digest.storage.people.editors import Editor
from digest.storage.running.demo_marks import demo_ids, mark_demo
from digest.storage.sources.polling import DueMinutes
from digest.storage.sources.rules import SourceRule
from digest.storage.sources.source_list import give_topics
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import Publication, publication_named
from digest.storage.writing.topics import topics_named

_WATCHED_FOR = timedelta(days=160)
_RULED_SINCE = timedelta(days=45)
_PAUSED, _NEW = "paused", "new"


def add_sources(work: Work, editor: Editor) -> dict[str, WatchedSource]:
    """Make all of them, never asked yet, and a rule of one; by publication."""
    plans = _source_plans()
    there = {publication.id for publication in work.session.query(Publication)}
    sources = {plan["publication"]: _source(work, plan, editor) for plan in plans}
    work.session.flush()
    for plan in plans:
        source = sources[plan["publication"]]
        give_topics(work.session, source.id, topics_named(work.session, plan["topics"]))
        if words := plan.get("rule"):
            work.session.add(
                SourceRule(
                    source_id=source.id,
                    kind=RuleKind.KEEP_OUT,
                    words=words,
                    made_at=work.now - _RULED_SINCE,
                    made_by=editor.email,
                )
            )
    mark_demo(work.session, "sources", [source.id for source in sources.values()])
    fresh = {source.publication_id for source in sources.values()} - there
    mark_demo(work.session, "publications", sorted(fresh))
    return sources


def say_states(context: Context, editor: Editor) -> None:
    """Write of each what its last answer was, at the moment it was asked; pause one."""
    plans = {plan["publication"]: plan for plan in _source_plans()}
    with context.db.writing() as session:
        crowd = DueMinutes(session, context.now)
        for source_id in demo_ids(session, "sources"):
            source = session.get_one(WatchedSource, source_id)
            plan = plans[session.get_one(Publication, source.publication_id).name]
            if plan["state"] == _NEW:
                continue
            at = context.now - timedelta(minutes=plan["minutes"])
            _asked(source, plan, at)
            if source.kind == SourceKind.MAIL:
                source.state, source.words = SourceState.OK, answers.well_in_words(timedelta(hours=plan["gap_hours"]))
                continue
            note(replace(context, now=at).within(session), source, _answer(source, plan, at), crowd)
    for source_id, plan in _by_id(context, plans).items():
        if plan["state"] == _PAUSED:
            pause_source(replace(context, now=context.now - timedelta(days=3)), source_id, editor.email)


def _source_plans() -> list[dict[str, Any]]:
    """The lines of sources.json, by which all is made."""
    plans: list[dict[str, Any]] = json.loads(Path(__file__).with_name("sources.json").read_text("utf-8"))
    return plans


def _by_id(context: Context, plans: Mapping[str, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    with context.db.reading() as session:
        names = {publication.id: publication.name for publication in session.query(Publication)}
        found = [session.get_one(WatchedSource, source_id) for source_id in demo_ids(session, "sources")]
        return {source.id: plans[names[source.publication_id]] for source in found}


def _source(work: Work, plan: Mapping[str, Any], editor: Editor) -> WatchedSource:
    mail_key = new_key() if plan["kind"] == SourceKind.MAIL else None
    url = f"mail:{mail_key}" if mail_key else plan["url"] or plan["home"]
    is_new = plan["state"] == _NEW
    source = WatchedSource(
        kind=plan["kind"],
        publication_id=publication_named(work.session, plan["publication"]).id,
        url=url,
        fetch_url=url,
        mail_key=mail_key,
        title=plan["title"],
        home=plan["home"],
        language=plan["language"],
        subscription_needed=plan.get("subscription", False),
        added_at=work.now - (timedelta() if is_new else _WATCHED_FOR),
        added_by=editor.email,
        words=answers.NEVER_CHECKED if is_new else "",
        next_at=work.now if is_new else None,
    )
    work.session.add(source)
    return source


def _asked(source: WatchedSource, plan: Mapping[str, Any], at: datetime) -> None:
    """How it stood before its last answer."""
    failing_for = timedelta(hours=plan.get("failing_hours", 0))
    newest = [line["hours"] for line in lead_lines() if line["publication"] == plan["publication"]]
    source.checked_at, source.ok_at = at, at - failing_for
    source.etag, source.asks = f'"{source.id}-{plan["entries"]}"', 40 + 7 * source.id
    source.entries, source.usual_gap = plan["entries"], plan["gap_hours"] * 3600
    source.newest_at = at - timedelta(hours=plan.get("newest_hours", min(newest, default=200)))
    source.failures = max(0, plan.get("failures", 0) - 1)
    source.failing_since = at - failing_for if failing_for else None


def _answer(source: WatchedSource, plan: Mapping[str, Any], at: datetime) -> Heard:
    host = host_of(source.fetch_url)
    match plan["state"]:
        case "404":
            return Heard(AnswerOutcome.FAILED, answers.status_in_words(404), host)
        case "make-up":
            return Heard(AnswerOutcome.FAILED, answers.CHANGED_MAKE_UP, host)
        case "limited":
            return Heard(AnswerOutcome.LIMITED, "", host, retry_after=at + timedelta(hours=5))
        case "challenged":
            return Heard(AnswerOutcome.CHALLENGED, answers.CHALLENGED, host)
        case "gone":
            return Heard(AnswerOutcome.GONE, answers.GONE, host)
    return Heard(AnswerOutcome.UNCHANGED, "", host)
