"""Summaries in and out as JSON lines: an archive moved in, or taken along.

Importing is all or nothing: with one faulty line nothing is kept, and every faulty line is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.calendar import day_and_year
from digest.domain.lifecycle import IssueState
from digest.domain.markup import sanitised
from digest.domain.slugs import folded, slugify
from digest.operations.closing import THE_COMMAND
from digest.operations.editing import write
from digest.operations.incoming import Incoming, read_line
from digest.operations.refusal import Refused
from digest.operations.week import ensure_issue
from digest.storage.database import Database
from digest.storage.issues import Issue, current_issue
from digest.storage.selections import append_selection
from digest.storage.summaries import (
    BodyFormat,
    Summary,
    count_on_from_largest_id,
    published_summaries_in_order,
    summaries_like,
    summary_by_id,
)

_EXPORTED_AT_ONCE = 200


@dataclass(frozen=True)
class Imported:
    """What an import did. `faults` are (line number, reason); with any, the other figures are what it would have done.

    `issue_date` is the issue that the summaries are on, where that was asked.
    """

    added: int
    already_there: int
    faults: tuple[tuple[int, str], ...]
    issue_date: date | None = None


def import_summaries(
    db: Database, settings: Settings, now: datetime, lines: Iterable[str], select: bool = False
) -> Imported:
    """Publish each line's summary; with `select`, put them all on the current issue in file order.

    Raises Refused, and imports nothing, if the current issue can't take any. Running it twice is harmless.
    """
    if select:
        ensure_issue(db, settings, now, THE_COMMAND)
    try:
        with db.writing() as session:
            issue = _issue_to_fill(session) if select else None
            imported = _import(session, now, lines, issue)
            if imported.faults:
                raise _Faulty(imported)
            return imported
    except _Faulty as faulty:
        return faulty.imported


def export_summaries(db: Database) -> Iterator[str]:
    """Every published summary as one line of JSON that imports back as it was."""
    with db.reading() as session:
        asked = published_summaries_in_order()
        for summary in session.execute(asked.execution_options(yield_per=_EXPORTED_AT_ONCE)).scalars():
            yield json.dumps(_as_json(summary), ensure_ascii=False)


class _Faulty(Exception):
    """Undoes an import."""

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self.imported = imported


def _issue_to_fill(session: Session) -> Issue:
    issue = current_issue(session)
    if issue is None:
        raise Refused("There is no issue to put these on. Import them without --select.")
    if issue.state != IssueState.OPEN:
        raise Refused(
            f"The issue of {day_and_year(issue.send_date)} is closed, so nothing was imported. "
            "Reopen it on the desk, or import without --select."
        )
    return issue


def _import(session: Session, now: datetime, lines: Iterable[str], issue: Issue | None) -> Imported:
    added = there = 0
    faults: list[tuple[int, str]] = []
    ids: list[int] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip("\ufeff \t\r\n"):
            continue
        try:
            summary_id, is_new = _take_in(session, now, read_line(line))
        except ValueError as error:
            faults.append((number, str(error)))
            continue
        added, there = added + is_new, there + (not is_new)
        ids.append(summary_id)
    if issue and not faults:
        for summary_id in ids:
            append_selection(session, issue.id, summary_id)
    return Imported(added, there, tuple(faults), issue.send_date if issue else None)


def _take_in(session: Session, now: datetime, incoming: Incoming) -> tuple[int, bool]:
    """The summary's id, and whether it is new. Raises ValueError with the reason."""
    there = _already_there(session, incoming)
    if there:
        return there.id, False
    summary = Summary(slug="", created_at=now, version=1)
    if incoming.id is not None:
        summary.id = incoming.id
    write(session, now, summary, incoming.piece, incoming.body_format)
    summary.slug = incoming.slug or slugify(summary.title) or "summary"
    summary.published_at = now
    session.add(summary)
    session.flush()
    if incoming.id is not None:
        count_on_from_largest_id(session)
    return summary.id, True


def _already_there(session: Session, incoming: Incoming) -> Summary | None:
    piece = incoming.piece
    if incoming.id is None:
        like = summaries_like(session, piece.title, piece.published_on, piece.publication)
        return like[0] if like else None
    there = summary_by_id(session, incoming.id)
    if there is None:
        return None
    different = _differences(there, incoming)
    if different:
        raise ValueError(
            f"id {incoming.id} belongs to another summary, “{there.title[:80]}” "
            f"(it differs in {', '.join(different)}). Leave the id out, or mend it."
        )
    return there


def _differences(there: Summary, incoming: Incoming) -> list[str]:
    ours, theirs = _as_json(there), _shown(incoming)
    found = [key for key, value in theirs.items() if ours.get(key) != value]
    if {folded(topic.name) for topic in there.topics} != set(map(folded, incoming.piece.topics)):
        found.append("topics")
    return found if there.published_at else [*found, "being a draft"]


def _shown(incoming: Incoming) -> Mapping[str, Any]:
    piece = incoming.piece
    is_html = incoming.body_format == BodyFormat.HTML
    shown: dict[str, Any] = {
        "title": piece.title,
        "date": piece.published_on.isoformat(),
        "publication": piece.publication,
        "body_html" if is_html else "body": sanitised(piece.body) if is_html else piece.body,
        "sources": [_source(source.url, source.title, source.publication) for source in piece.sources],
    }
    return shown | ({"slug": incoming.slug} if incoming.slug else {})


def _as_json(summary: Summary) -> dict[str, Any]:
    body = "body_html" if summary.body_format == BodyFormat.HTML else "body"
    return {
        "id": summary.id,
        "title": summary.title,
        "date": summary.published_on.isoformat(),
        "publication": summary.publication.name,
        body: summary.body,
        "sources": [_source(link.url, link.title, link.publication) for link in summary.sources],
        "topics": [topic.name for topic in summary.topics],
        "slug": summary.slug,
    }


def _source(url: str, title: str, publication: str) -> dict[str, str]:
    parts = {"url": url, "title": title, "publication": publication}
    return {key: value for key, value in parts.items() if value}
