"""Writing summaries: saving, publishing, taking back, deleting.

Every save names the version it began from; if somebody else has saved since, nothing is written and the editor is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import FROZEN, IssueState
from digest.domain.issues.manuscript import Piece
from digest.domain.shared.slugs import slugify
from digest.domain.writing import markup
from digest.domain.writing.bodies import BodyFormat, body_html
from digest.operations.issues.week import ensure_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue, first_open_issue
from digest.storage.issues.selections import append_selection, issue_carrying, issues_carrying, remove_selection
from digest.storage.writing.publications import publication_named
from digest.storage.writing.summaries import SourceLink, Summary
from digest.storage.writing.topics import topics_named


@dataclass(frozen=True)
class Saved:
    """The summary is stored, in its new version."""

    summary_id: int
    version: int


@dataclass(frozen=True)
class Conflict:
    """Somebody else has saved this summary since; nothing was written. `version` is theirs."""

    version: int


@dataclass(frozen=True)
class Published:
    """The summary is in the archive. `issue_date` is the issue it is on, None when that has to wait for the next one.

    `closed_date` is the current issue's where that is closed already, so that the summary goes on a later one.
    """

    summary_id: int
    wanted: bool
    issue_date: date | None
    closed_date: date | None


def save(
    db: Database, now: datetime, piece: Piece, summary_id: int | None = None, version: int = 0
) -> Saved | Conflict:
    """Store a new draft, or the changes to a draft or published summary. Raises Refused if it was deleted."""
    with db.writing() as session:
        return _saved(session, now, piece, summary_id, version)


def publish(
    context: Context,
    piece: Piece,
    summary_id: int | None = None,
    version: int = 0,
    on_issue: bool = True,
) -> Published | Conflict:
    """Store the summary and put it in the archive; with `on_issue` also on the earliest issue that is still open.

    Where none is open, it waits for the next one, which starts with it.
    """
    if on_issue:
        ensure_issue(context)
    with context.db.writing() as session:
        saved = _saved(session, context.now, piece, summary_id, version)
        if isinstance(saved, Conflict):
            return saved
        summary = session.get_one(Summary, saved.summary_id)
        summary.slug = summary.slug or slugify(summary.title) or "summary"
        summary.published_at = summary.published_at or context.now
        return _place(session, summary, on_issue)


def take_back(db: Database, now: datetime, summary_id: int) -> None:
    """Make a published summary a draft again. Raises Refused once a digest that carries it is closed, or went."""
    with db.writing() as session:
        summary = _existing(session, summary_id)
        for issue in issues_carrying(session, summary_id):
            day = day_and_year(issue.send_date)
            if issue.state in FROZEN:
                raise Refused(
                    f"This went out with the issue of {day}, whose readers have its address. Correct the text instead."
                )
            if issue.state == IssueState.CLOSED:
                raise Refused(f"The issue of {day} is closed and carries this. Reopen the issue, then take this back.")
            remove_selection(session, issue.id, summary_id)
        summary.published_at = None
        summary.wanted = False
        summary.updated_at = now
        summary.version += 1


def delete_draft(db: Database, summary_id: int) -> None:
    """Delete a draft for good. Raises Refused for a published summary: its address is permanent."""
    with db.writing() as session:
        summary = _existing(session, summary_id)
        if summary.published_at:
            raise Refused("This is published, and its address is permanent. Take it back to draft first.")
        session.delete(summary)


def write(session: Session, now: datetime, summary: Summary, piece: Piece, body_format: str) -> None:
    """Put a piece's words into a summary, in the caller's transaction."""
    summary.title = piece.title
    summary.publication = publication_named(session, piece.publication)
    summary.published_on = piece.published_on
    summary.body_format = body_format
    # What came as HTML is kept sanitised only: nothing else of it is ever shown or exported.
    summary.body = markup.sanitised(piece.body) if body_format == BodyFormat.HTML else piece.body
    summary.body_html = body_html(summary.body, body_format)
    summary.topics = topics_named(session, piece.topics)
    summary.sources = [
        SourceLink(position=position, url=source.url, title=source.title, publication=source.publication)
        for position, source in enumerate(piece.sources)
    ]
    summary.updated_at = now


def _saved(session: Session, now: datetime, piece: Piece, summary_id: int | None, version: int) -> Saved | Conflict:
    if summary_id is None:
        summary = Summary(slug="", created_at=now, version=1)
        write(session, now, summary, piece, BodyFormat.MARKDOWN)
        session.add(summary)
    else:
        summary = _existing(session, summary_id)
        if summary.version != version:
            return Conflict(summary.version)
        write(session, now, summary, piece, summary.body_format)
        summary.version += 1
    session.flush()
    return Saved(summary.id, summary.version)


def _existing(session: Session, summary_id: int) -> Summary:
    summary = session.get(Summary, summary_id, with_for_update={"of": Summary})
    if summary is None:
        raise Refused("Somebody has deleted this draft. Copy your text and begin a new summary with it.")
    return summary


def _place(session: Session, summary: Summary, on_issue: bool) -> Published:
    already = issue_carrying(session, summary.id)
    issue = first_open_issue(session) if on_issue and already is None else None
    current = current_issue(session)
    if issue:
        append_selection(session, issue.id, summary.id)
    summary.wanted = on_issue and already is None and issue is None
    closed = current if current and current.state == IssueState.CLOSED else None
    carrier = already or issue
    return Published(
        summary.id,
        summary.wanted,
        carrier.send_date if carrier else None,
        closed.send_date if closed and on_issue and already is None else None,
    )
