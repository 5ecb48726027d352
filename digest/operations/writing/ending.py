"""The public ends of a published summary beside its correction: superseding and withdrawing; and telling of one."""

from __future__ import annotations

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.manuscript import several_lines
from digest.domain.people.acts import Act
from digest.operations.issues.wording import LONGEST_TEXT
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.links import summary_url
from digest.operations.shared.refusal import Refused
from digest.operations.writing.placing import leave_open_issues
from digest.operations.writing.revising import note_before, note_revision
from digest.storage.issues.history import note
from digest.storage.issues.issues import first_open_issue
from digest.storage.writing.revisions import RevisionKind, revision_by_id
from digest.storage.writing.summaries import Summary, Withdrawal, published_summary
from digest.storage.writing.supersedings import Superseding, superseding_of

LONGEST_REASON = 2_000
"""Characters of why something was withdrawn, or of what was wrong."""


def supersede(context: Context, summary_id: int, newer_id: int, who: str) -> None:
    """Let readers of the summary find the newer one in its place. Raises Refused for what can't take its place."""
    with context.db.writing() as session:
        summary, newer = _published(session, summary_id), published_summary(session, newer_id)
        if newer is None:
            raise Refused("There is no published summary at that address. Publish the newer one first.")
        _must_not_lead_back(session, summary_id, newer_id)
        note_before(session, summary)
        session.merge(Superseding(summary_id=summary_id, newer_id=newer_id, at=context.now, who=who))
        _touch(context, summary)
        note_revision(session, summary, context.now, who, RevisionKind.SUPERSEDED, f"By “{newer.title}”.")
        audit.note(context.within(session), who, Act.SUPERSEDED, f"“{summary.title}” by “{newer.title}”")


def restore(context: Context, summary_id: int, who: str) -> None:
    """The summary is not superseded after all. Doing it twice changes nothing."""
    with context.db.writing() as session:
        summary, there = _published(session, summary_id), superseding_of(session, summary_id)
        if there is None:
            return
        session.delete(there)
        _touch(context, summary)
        note_revision(session, summary, context.now, who, RevisionKind.RESTORED)
        audit.note(context.within(session), who, Act.RESTORED, f"“{summary.title}”")


def withdraw(context: Context, summary_id: int, reason: str, who: str) -> None:
    """Take a published summary away for good, with the reason that its address answers from now on.

    It leaves an open issue. Raises Refused while a closed one carries it: what is closed goes as it is.
    """
    reason = several_lines(reason)
    if not reason:
        raise Refused("Say why it is withdrawn: readers who look for it are shown that.")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"The reason has {len(reason):,} characters; {LONGEST_REASON:,} is the most. Shorten it.")
    with context.db.writing() as session:
        summary = _published(session, summary_id)
        leave_open_issues(session, summary_id, mailed="", then="withdraw this")
        note_before(session, summary)
        note_revision(session, summary, context.now, who, RevisionKind.WITHDRAWN, reason)
        session.add(Withdrawal(summary_id=summary_id, at=context.now, who=who, reason=reason))
        summary.published_at, summary.wanted = None, False
        _touch(context, summary)
        audit.note(context.within(session), who, Act.WITHDREW, f"“{summary.title}”: {audit.without_readers(reason)}")


def tell_correction(context: Context, revision_id: int, who: str) -> str:
    """Put a correction into the introduction of the first open issue; returns that issue's date, in words.

    Raises Refused where none is open, or where it is told already.
    """
    with context.db.writing() as session:
        revision = revision_by_id(session, revision_id)
        if revision is None or revision.kind != RevisionKind.CORRECTION:
            raise Refused("There is no such correction. Open the summary’s history again.")
        if revision.told_on:
            raise Refused(f"The issue of {day_and_year(revision.told_on)} tells of it already.")
        summary, issue = _published(session, revision.summary_id), first_open_issue(session)
        if issue is None:
            raise Refused("No issue is open. Tell of it once the next one is there, or reopen this week’s.")
        url = summary_url(context.settings, summary.publication.slug, summary.slug, summary.id)
        where = f"[{_escaped(summary.title)}](<{url}>), {day_and_year(summary.published_on)}"
        told = f"**Correction:** {revision.note} ({where})"
        introduction = f"{issue.introduction}\n\n{told}".strip()
        if len(introduction) > LONGEST_TEXT:
            raise Refused("The introduction of the issue would become too long. Shorten it first.")
        issue.introduction, revision.told_on = introduction, issue.send_date
        note(session, issue.id, context.now, who, f"told of a correction to “{summary.title}”")
        return day_and_year(issue.send_date)


def _published(session: Session, summary_id: int) -> Summary:
    summary = session.get(Summary, summary_id, with_for_update={"of": Summary})
    if summary is None or summary.published_at is None:
        raise Refused("This summary is not published, so readers need be told nothing.")
    return summary


def _touch(context: Context, summary: Summary) -> None:
    summary.updated_at = context.now
    summary.version += 1


def _must_not_lead_back(session: Session, summary_id: int, newer_id: int) -> None:
    step: int | None = newer_id
    seen = set()
    while step is not None and step not in seen:
        if step == summary_id:
            raise Refused("The newer one is this summary itself, or is superseded by it. Name another.")
        seen.add(step)
        there = superseding_of(session, step)
        step = there.newer_id if there else None


def _escaped(title: str) -> str:
    return title.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
