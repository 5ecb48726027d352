"""Leads in as JSON lines, candidates from elsewhere; and out, as the desk has them.

An import reads and checks the whole file first; with one faulty line nothing is imported. Then it writes in short
transactions, so that the site goes on. Cut short, it is finished by running it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from digest.domain.issues.manuscript import LONGEST_PUBLICATION
from digest.domain.people.acts import Act
from digest.mail.message.templating import counted
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.sources.arriving import Candidate, arrive, plain_line
from digest.operations.sources.grouping import group_leads
from digest.operations.sources.lead_lines import candidate_on
from digest.storage.base.database import Database
from digest.storage.sources.listed_leads import ListedLead, listed_leads
from digest.storage.writing.publications import known_publication_ids

_AT_ONCE = 500
_PATIENCE = 120.0
"""Seconds that an import waits for the clock to end its own grouping."""


@dataclass(frozen=True)
class ImportedLeads:
    """What an import did. `faults` are (line number, reason); with any, nothing was imported."""

    added: int = 0
    already_there: int = 0
    faults: tuple[tuple[int, str], ...] = ()


def import_leads(
    context: Context,
    lines: Iterable[str],
    tell: Callable[[int, int], None] = lambda _done, _of: None,
    by: str = audit.THE_COMMAND,
) -> ImportedLeads:
    """Make each line a lead, arrived when it was published, then find its story. Again, it changes nothing.

    `tell` hears how much of the work is done, and of how much: storing a lead is half of it, its story the other.
    """
    candidates, faults = _read(lines, context.now)
    if faults:
        return ImportedLeads(faults=tuple(faults))
    candidates = _named(context.db, sorted(candidates, key=lambda each: each.arrived_at or context.now))
    added = there = 0
    for start in range(0, len(candidates), _AT_ONCE):
        with context.db.writing() as session:
            brought = arrive(context.within(session), candidates[start : start + _AT_ONCE])
        added, there = added + brought.new, there + brought.known
        tell(added + there, 2 * len(candidates))
    if added:
        audit.note_alone(context, by, Act.IMPORTED, counted(added, "lead", "leads"))
    group_leads(
        context, _PATIENCE, lambda done: tell(min(len(candidates) + done, 2 * len(candidates)), 2 * len(candidates))
    )
    return ImportedLeads(added, there)


def list_leads(context: Context, everything: bool = False) -> Iterator[ListedLead]:
    """What waits on the desk, the newest first; or every lead."""
    today = context.settings.schedule.local(context.now).date()
    with context.db.reading() as session:
        yield from listed_leads(session, today, everything)


def as_json(lead: ListedLead) -> str:
    """A lead as one line of `leads list --json`."""
    resembles = [{"summary_id": summary_id, "score": score} for summary_id, score in lead.resembles]
    values: dict[str, Any] = {
        "id": lead.id,
        "guid": lead.guid,
        "url": lead.url,
        "title": lead.title,
        "publication": lead.publication,
        "published_at": lead.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": lead.state,
        "story": lead.story,
        "near": list(lead.near),
        "resembles": resembles,
        "linked_in": lead.linked_in,
        "by": lead.by or None,
    }
    return json.dumps(values, ensure_ascii=False)


def _read(lines: Iterable[str], now: datetime) -> tuple[list[Candidate], list[tuple[int, str]]]:
    candidates, faults = list[Candidate](), list[tuple[int, str]]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            candidates.append(candidate_on(line, now))
        except ValueError as error:
            faults.append((number, str(error)))
    return candidates, faults


def _named(db: Database, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those of known publications with their ids, by whatever name of theirs; a file makes no publication."""
    said = [plain_line(each.publication, LONGEST_PUBLICATION) for each in candidates]
    names, known = sorted(set(said)), dict[str, int]()
    with db.reading() as session:
        for start in range(0, len(names), _AT_ONCE):
            known |= known_publication_ids(session, names[start : start + _AT_ONCE])
    return [replace(each, publication_id=known.get(name)) for each, name in zip(candidates, said, strict=True)]
