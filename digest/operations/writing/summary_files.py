"""Summaries in and out as JSON lines: an archive moved in, or taken along.

An import reads, checks and renders the whole file first, outside any transaction, and keeps it on disk meanwhile. With
one faulty line nothing is imported, and every faulty line is named. Then it writes in short transactions, so that the
site goes on. Cut short in between, it is finished by running it again: what is there already is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.domain.writing.bodies import BodyFormat
from digest.operations.issues.closing import THE_COMMAND
from digest.operations.issues.week import ensure_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.writing.reading_lines import Read
from digest.operations.writing.shelving import shelve
from digest.operations.writing.sorting_out import SortedOut, sort_out
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, current_issue, issue_for_change
from digest.storage.issues.selections import append_selections
from digest.storage.writing.import_spool import ImportSpool
from digest.storage.writing.summaries import Summary, published_summaries_in_order
from digest.storage.writing.summary_rows import reserve_ids

_EXPORTED_AT_ONCE = 200


@dataclass(frozen=True)
class ImportedSummaries:
    """What an import did. `faults` are (line number, reason); with any, the other figures are what it would have done.

    `issue_date` is the issue that the summaries are on, where that was asked.
    """

    added: int
    already_there: int
    faults: tuple[tuple[int, str], ...]
    issue_date: date | None = None


@dataclass(frozen=True)
class Importing:
    """How far an import is: `read` lines so far; then `written` summaries of those to be added, None before that."""

    read: int
    written: int | None = None
    to_write: int = 0


class CutShort(Exception):
    """An import ended in the middle of writing; the words say what is there, why, and that running it again goes on."""


def import_summaries(
    context: Context,
    lines: Iterable[Read],
    select: bool = False,
    tell: Callable[[Importing], None] = lambda _: None,
) -> ImportedSummaries:
    """Publish each line's summary; with `select`, put all on the current issue in file order, at the end, in one go.

    `lines` comes from a `reading_lines.LineReader`, and is read once. Raises Refused, and imports nothing, if the
    current issue can't take any or another import is under way; CutShort when the database takes no more. Running it
    twice is harmless.
    """
    if select:
        ensure_issue(context, THE_COMMAND)
        with context.db.reading() as session:
            _issue_to_fill(session)
    context.db.close()  # the processes that read lines are forked from this one, and must share no connection
    with ImportSpool() as spool:
        read, faults = _read(spool, lines, tell)
        with context.db.alone("summaries import") as alone:
            if not alone:
                raise Refused("Another import of summaries is running here. Wait for its end, then run this again.")
            found = sort_out(context.db, spool)
            faults = sorted([*faults, *found.clashes])
            if faults:
                return ImportedSummaries(found.fresh, found.there, tuple(faults))
            _write(context.db, context.now, spool, found, read, tell)
            issue_date = _select(context.db, spool) if select else None
    return ImportedSummaries(found.fresh, found.there, (), issue_date)


def export_summaries(db: Database) -> Iterator[str]:
    """Every published summary as one line of JSON that imports back as it was."""
    with db.reading() as session:
        asked = published_summaries_in_order()
        for summary in session.execute(asked.execution_options(yield_per=_EXPORTED_AT_ONCE)).scalars():
            yield json.dumps(_as_json(summary), ensure_ascii=False)


def _read(
    spool: ImportSpool, lines: Iterable[Read], tell: Callable[[Importing], None]
) -> tuple[int, list[tuple[int, str]]]:
    """Fill the spool; how many lines there were, and the faulty ones."""
    read, faults = 0, list[tuple[int, str]]()
    for part in lines:
        spool.add(part.lines)
        faults += part.faults
        read += len(part.lines) + len(part.faults)
        tell(Importing(read))
    return read, faults


def _write(
    db: Database, now: datetime, spool: ImportSpool, found: SortedOut, read: int, tell: Callable[[Importing], None]
) -> None:
    if not found.fresh:
        return
    written = 0

    def told(done: int) -> None:
        nonlocal written
        written = done
        tell(Importing(read, done, found.fresh))

    told(0)
    try:
        if largest := spool.largest_id():
            # What editors write meanwhile gets ids behind those of the file.
            with db.writing() as session:
                reserve_ids(session, largest)
        shelve(db, now, spool, told)
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0].rstrip(".")
        raise CutShort(
            f"{written:,} of {found.fresh:,} new summaries were added, then the database took no more ({reason}). "
            "Run this again: it adds what is left."
        ) from error


def _select(db: Database, spool: ImportSpool) -> date:
    with db.writing() as session:
        issue = issue_for_change(session, _issue_to_fill(session, "All are in the archive. ").id)
        append_selections(session, issue.id, spool.summary_ids())
        return issue.send_date


def _issue_to_fill(session: Session, before: str = "") -> Issue:
    issue = current_issue(session)
    if issue is None:
        raise Refused(f"{before}There is no issue to put these on. Import them without --select.")
    if issue.state != IssueState.OPEN:
        otherwise = "run this again" if before else "import without --select"
        nothing = "nothing was put on it" if before else "nothing was imported"
        raise Refused(
            f"{before}The issue of {day_and_year(issue.send_date)} is closed, so {nothing}. "
            f"Reopen it on the desk, or {otherwise}."
        )
    return issue


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
