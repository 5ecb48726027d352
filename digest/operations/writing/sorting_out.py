"""Sorting out what a file brings: which summaries are new, which are there already, which ids belong to others.

Nothing is written to the database here; each look at it is short.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.domain.writing.archived import StoredSummary
from digest.operations.writing.arrivals import as_stored, clash, likeness, unpacked
from digest.storage.base.database import Database
from digest.storage.writing.import_spool import ImportSpool, SortedLine, Unjudged
from digest.storage.writing.summary_rows import published_words, summaries_with_ids

_AT_ONCE = 500


@dataclass(frozen=True)
class SortedOut:
    """How many lines are new, how many there already; and (line number, reason) for each that clashes."""

    fresh: int
    there: int
    clashes: tuple[tuple[int, str], ...]


def sort_out(db: Database, spool: ImportSpool) -> SortedOut:
    """Judge every line of the spool by the archive and by the lines before it."""
    spool.index()
    if spool.has_lines_without_id():
        with db.reading() as session:
            spool.know_archive(
                (likeness(title, day, publication), key) for key, title, day, publication in published_words(session)
            )
    fresh, there, last = 0, 0, 0
    clashes: list[tuple[int, str]] = []
    while lines := spool.unjudged(last, _AT_ONCE):
        with db.reading() as session:
            stored = summaries_with_ids(session, [line.id for line in lines if line.id is not None])
        verdicts = []
        for line in lines:
            if reason := _clash(spool, line, stored):
                clashes.append((line.number, reason))
                continue
            verdict = _verdict(line, stored)
            verdicts.append(verdict)
            fresh, there = fresh + verdict.fresh, there + (not verdict.fresh)
        spool.judge(verdicts)
        last = lines[-1].number
    return SortedOut(fresh, there, tuple(clashes))


def _clash(spool: ImportSpool, line: Unjudged, stored: dict[int, StoredSummary]) -> str:
    if line.id is None:
        return ""
    if line.id in stored:
        return clash(unpacked(spool.payload(line.number)), stored[line.id])
    if line.earlier is not None:
        return clash(unpacked(spool.payload(line.number)), as_stored(unpacked(spool.payload(line.earlier))))
    return ""


def _verdict(line: Unjudged, stored: dict[int, StoredSummary]) -> SortedLine:
    if line.id is not None:
        return SortedLine(line.number, line.id, fresh=line.id not in stored and line.earlier is None)
    if line.archived_id is not None:
        return SortedLine(line.number, line.archived_id, fresh=False)
    return SortedLine(line.number, None, fresh=line.earlier is None)
