"""Sorting out what a file brings: which summaries are new, which are there already, which ids belong to others.

Nothing is written to the database here; each look at it is short.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.shared.slugs import spelling
from digest.domain.writing.archived import OtherNames, StoredSummary
from digest.operations.writing.arrivals import as_stored, clash, likeness, unpacked
from digest.storage.base.database import Database
from digest.storage.writing.import_spool import ImportSpool, SortedLine, Unjudged
from digest.storage.writing.names import other_names
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
    with db.reading() as session:
        others = other_names(session)
        if spool.has_lines_without_id():
            spool.know_archive(_likenesses(session, others))
    fresh, there, last = 0, 0, 0
    clashes: list[tuple[int, str]] = []
    while lines := spool.unjudged(last, _AT_ONCE):
        with db.reading() as session:
            stored = summaries_with_ids(session, [line.id for line in lines if line.id is not None])
        verdicts = []
        for line in lines:
            if reason := _clash(spool, line, stored, others):
                clashes.append((line.number, reason))
                continue
            verdict = _verdict(line, stored)
            verdicts.append(verdict)
            fresh, there = fresh + verdict.fresh, there + (not verdict.fresh)
        spool.judge(verdicts)
        last = lines[-1].number
    return SortedOut(fresh, there, tuple(clashes))


def _likenesses(session: Session, others: OtherNames) -> Iterator[tuple[bytes, int]]:
    """Each published summary by each name of its publication."""
    names = defaultdict[str, list[str]](list)
    for alias, name in others.publications.items():
        names[name].append(alias)
    for key, title, day, publication in published_words(session):
        for name in (publication, *names[spelling(publication)]):
            yield likeness(title, day, name), key


def _clash(spool: ImportSpool, line: Unjudged, stored: dict[int, StoredSummary], others: OtherNames) -> str:
    if line.id is None:
        return ""
    if line.id in stored:
        return clash(unpacked(spool.payload(line.number)), stored[line.id], others)
    if line.earlier is not None:
        return clash(unpacked(spool.payload(line.number)), as_stored(unpacked(spool.payload(line.earlier))), others)
    return ""


def _verdict(line: Unjudged, stored: dict[int, StoredSummary]) -> SortedLine:
    if line.id is not None:
        return SortedLine(line.number, line.id, fresh=line.id not in stored and line.earlier is None)
    if line.archived_id is not None:
        return SortedLine(line.number, line.archived_id, fresh=False)
    return SortedLine(line.number, None, fresh=line.earlier is None)
