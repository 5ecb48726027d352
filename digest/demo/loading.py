"""Loading the demo: people, summaries, past issues sent through the real path, a week under way, and its desk.

Every date counts back from the moment of loading, so that the last issue has just gone whenever somebody looks.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.demo.desk import add_desk
from digest.demo.people import EDITORS, PASSWORD, Reader, readers
from digest.demo.troubles import Unanswered, send_with_trouble
from digest.domain.issues.lifecycle import IssueState
from digest.domain.shared import addresses
from digest.domain.shared.slugs import slugify
from digest.domain.shared.tokens import fingerprint, new_key
from digest.domain.writing import markup
from digest.mail.outgoing.interface import Transport
from digest.operations.issues.closing import THE_CLOCK, close_issue
from digest.operations.issues.week import ensure_issue
from digest.operations.people.password_hashing import hash_password
from digest.operations.readers import consent_wordings
from digest.operations.sending.freezing import freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process, Work
from digest.operations.shared.refusal import Refused
from digest.storage.archive.published import ArchiveQuestion, archive_page
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, all_issues, current_issue, issue_on
from digest.storage.issues.selections import append_selection
from digest.storage.people.editors import Editor, all_editors
from digest.storage.readers.consents import ConsentStep, record_consent
from digest.storage.readers.subscribers import Subscriber, SubscriberState, count_by_state
from digest.storage.running.demo_marks import DEMO_SOURCE, demo_ids, demo_leads, has_demo, mark_demo
from digest.storage.sources.source_list import known_addresses
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from digest.storage.writing.publications import all_publications, publication_named
from digest.storage.writing.summaries import SourceLink, Summary, drafts
from digest.storage.writing.topics import all_topics, topics_named

_FOLDER = Path(__file__).parent
_CURRENT, _DRAFT = "current", "draft"
_MORNING = time(9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Loaded:
    """What the demo brought, and whether it was there already."""

    new: bool
    since: datetime
    """The moment from which its dates count back."""
    summaries: int
    past_issues: int
    readers: int
    sources: int
    leads: int


def load(db: Database, settings: Settings, transport: Transport, now: datetime) -> Loaded:
    """Fill an empty database with the demo; if the demo is there already, change nothing. Raises Refused on a
    database that has anything else. Interrupted half-way, the next load starts the past issues where it left off.
    """
    lines = [json.loads(line) for line in (_FOLDER / "summaries.jsonl").read_text("utf-8").splitlines()]
    plans = json.loads((_FOLDER / "issues.json").read_text("utf-8"))
    with db.reading() as session:
        new = not has_demo(session)
        if new and _has_content(session):
            raise Refused("This database has content of its own. Try the demo on an empty one (see INSTANCE_PATH).")
    if new:
        ensure_issue(Context(db, settings, now))
        with db.writing() as session:
            _fill(Work(session, settings, now), lines, plans)
    with db.reading() as session:
        past = sorted(session.get_one(Issue, issue_id).send_date for issue_id in demo_ids(session, "issues"))
    troubles = [plan.get("trouble") for plan in plans if plan["weeks"]]
    for day, trouble in zip(past, troubles, strict=True):
        _send_past_issue(db, settings, transport, day, trouble)
    with db.writing() as session:
        if not demo_ids(session, "editors"):
            _add_editors(session, now)
    add_desk(Context(db, settings, now), lines)
    with db.reading() as session:
        summaries, sources = (len(demo_ids(session, noun)) for noun in ("summaries", "sources"))
        leads = len(demo_leads(session))
        since = session.get_one(Editor, demo_ids(session, "editors")[0]).created_at
    return Loaded(new, since, summaries, len(past), len(readers(now)), sources, leads)


def _has_content(session: Session) -> bool:
    return bool(
        archive_page(session, ArchiveQuestion(), 1, 1).total
        or drafts(session)
        or sum(count_by_state(session).values())
        or all_editors(session)
        or known_addresses(session)
        or [issue for issue in all_issues(session) if issue.frozen_at]
    )


def _fill(
    work: Work,
    lines: Sequence[Mapping[str, Any]],
    plans: Sequence[Mapping[str, Any]],
) -> None:
    for reader in readers(work.now):
        _add_reader(work, reader)
    this_week = current_issue(work.session)
    if this_week is None:
        raise RuntimeError("there is no issue to put the demo on: ensure_issue makes one")
    groups: defaultdict[object, list[int]] = defaultdict(list)
    for line in lines:
        groups[line["issue"]].append(_add_summary(work, line, this_week.send_date))
    for plan in plans:
        issue = _past_issue(work, this_week.send_date - timedelta(weeks=plan["weeks"])) if plan["weeks"] else this_week
        issue.introduction = plan["introduction"]
        issue.subject, issue.preheader = plan.get("subject", ""), plan.get("preheader", "")
        for summary_id in groups[plan["weeks"] or _CURRENT]:
            append_selection(work.session, issue.id, summary_id)
    mark_demo(work.session, "publications", [publication.id for publication in all_publications(work.session)])
    mark_demo(work.session, "topics", [topic.id for topic in all_topics(work.session)])


def _past_issue(work: Work, day: date) -> Issue:
    issue = Issue(send_date=day, slot=day, created_at=work.settings.schedule.send_moment(day) - timedelta(days=7))
    work.session.add(issue)
    work.session.flush()
    mark_demo(work.session, "issues", [issue.id])
    return issue


def _add_summary(work: Work, line: Mapping[str, Any], this_week: date) -> int:
    """A line's `days` count back from its issue's date, or from today where it has not gone yet."""
    session, now, weeks = work.session, work.now, line["issue"]
    if isinstance(weeks, int):
        day = this_week - timedelta(weeks=weeks, days=line["days"])
        written_at = datetime.combine(day, _MORNING)
    else:
        day, written_at = work.settings.schedule.local(now).date() - timedelta(days=line["days"]), now
    summary = Summary(
        title=line["title"],
        slug=slugify(line["title"]),
        publication=publication_named(session, line["publication"]),
        published_on=day,
        body=line["body"],
        body_html=markup.from_markdown(line["body"]),
        created_at=written_at,
        updated_at=written_at,
        published_at=None if weeks == _DRAFT else written_at,
        topics=topics_named(session, line["topics"]),
        sources=[
            SourceLink(position=position, url=source["url"], title=source["title"], publication=source["publication"])
            for position, source in enumerate(line["sources"])
        ],
    )
    session.add(summary)
    session.flush()
    mark_demo(session, "summaries", [summary.id])
    return summary.id


def _add_reader(work: Work, reader: Reader) -> None:
    address = addresses.parse(reader.email)
    answered = reader.asked_at + timedelta(minutes=12)
    left = answered + timedelta(days=200)
    subscriber = Subscriber(
        email=address.shown,
        address=address.key,
        address_hash=fingerprint(address.key, work.settings.suppression_key),
        state=reader.state,
        link_key=new_key(),
        topics=reader.topics,
        source=DEMO_SOURCE,
        created_at=reader.asked_at,
        confirmed_at=None if reader.state is SubscriberState.PENDING else answered,
        unsubscribed_at=left if reader.state is SubscriberState.UNSUBSCRIBED else None,
    )
    work.session.add(subscriber)
    work.session.flush()
    mark_demo(work.session, "subscribers", [subscriber.id])
    steps = [(ConsentStep.ASKED, consent_wordings.signing_up(work.settings), reader.asked_at, "the form")]
    if subscriber.confirmed_at:
        steps.append(
            (ConsentStep.CONFIRMED, consent_wordings.confirming(work.settings), answered, "the confirmation page")
        )
    if subscriber.unsubscribed_at:
        steps.append(
            (
                ConsentStep.UNSUBSCRIBED,
                consent_wordings.leaving(work.settings),
                left,
                "the page behind the digest’s link",
            )
        )
    for step, wording, at, place in steps:
        record_consent(work.session, subscriber.id, step, wording.keep(work.session), at, place, "yes")
    if reader.suppressed:
        suppress(work.session, subscriber.address_hash, SuppressionReason.BOUNCE, work.now, DEMO_SOURCE)


def _send_past_issue(db: Database, settings: Settings, transport: Transport, day: date, trouble: str | None) -> None:
    """One issue through the real path, at the moments it had."""
    with db.reading() as session:
        issue = issue_on(session, day)
    if issue is None:
        return
    send_at = settings.schedule.send_moment(day)
    if issue.state == IssueState.OPEN:
        close_issue(Context(db, settings, settings.schedule.cutoff_moment(day)), issue.id, THE_CLOCK)
    if trouble:
        send_with_trouble(Context(db, settings, send_at), transport, issue.id, Unanswered(trouble), THE_CLOCK)
        return
    freeze(Context(db, settings, send_at), issue.id, THE_CLOCK)
    send_issue(Process(db, settings, transport, lambda: send_at), issue.id)


def _add_editors(session: Session, now: datetime) -> None:
    for email, name, is_admin in EDITORS:
        editor = Editor(
            email=email, name=name, is_admin=is_admin, password_hash=hash_password(PASSWORD), created_at=now
        )
        session.add(editor)
        session.flush()
        mark_demo(session, "editors", [editor.id])
