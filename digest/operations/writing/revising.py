"""The history of published summaries: one step for each change that readers could have seen, in its own transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.writing.wording import SourceWording, Wording, to_json
from digest.storage.writing.revisions import Revision, RevisionKind, has_revisions
from digest.storage.writing.summaries import Summary


def wording_of(summary: Summary) -> Wording:
    """What the summary says now."""
    return Wording(
        title=summary.title,
        published_on=summary.published_on,
        publication=summary.publication.name,
        body=summary.body,
        body_format=summary.body_format,
        sources=tuple(SourceWording(link.url, link.title, link.publication) for link in summary.sources),
        topics=tuple(topic.name for topic in summary.topics),
    )


def note_before(session: Session, summary: Summary) -> None:
    """Keep what an imported summary said, before the first change that is made here."""
    if summary.published_at and not has_revisions(session, summary.id):
        session.add(_revision(summary, summary.published_at, "", RevisionKind.PUBLISHED, ""))
        session.flush()


def note_revision(
    session: Session, summary: Summary, now: datetime, who: str, kind: RevisionKind, note: str = ""
) -> None:
    """Keep what the summary says from now on, and why."""
    session.add(_revision(summary, now, who, kind, note))
    session.flush()


def _revision(summary: Summary, at: datetime, who: str, kind: RevisionKind, note: str) -> Revision:
    return Revision(summary_id=summary.id, at=at, who=who, kind=kind, note=note, wording=to_json(wording_of(summary)))
