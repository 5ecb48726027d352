"""Subscribers as a CSV file: brought in with the consent they gave elsewhere, and taken along.

Rows are read one by one and written by the thousand, each thousand in a transaction of its own: a million of them need
no more memory than one, and never keep the site waiting. Cut short, an import is simply run again.

The file is gone through for those who left before anybody else is added: so whoever has left by any row of it has left,
also where an earlier row says otherwise and the import was cut short between the two. Faulty rows, whatever they say,
wait for the second time, so that they are told in the file's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from digest.domain.shared.tokens import fingerprint, new_key
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.readers import consent_wordings
from digest.operations.readers.rehearsing import Rehearsal
from digest.operations.readers.subscriber_rows import COLUMNS, LONGEST, Row, read_row, says_left
from digest.operations.shared.context import Context, Work
from digest.operations.shared.csv_cells import as_csv
from digest.operations.shared.csv_rows import CsvRow, Refusal, Table, in_batches, read_table
from digest.operations.shared.former_senders import BY_NAME
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.base.database import Database
from digest.storage.readers.consents import ConsentStep, record_consents
from digest.storage.readers.subscribers import (
    SubscriberState,
    add_subscribers,
    known_states,
    lock_subscribers,
    subscribers_and_bans,
)
from digest.storage.suppressions.suppressions import Ban, suppressed_among
from digest.storage.writing.names import TOPICS, slugs_now, slugs_there

EXPORTED = (*COLUMNS, "suppressed")
"""With the reason for which an address gets no mail: where the file is imported, it gets none either."""

_BATCH = 1_000


@dataclass(frozen=True)
class ImportedSubscribers:
    """What became of some rows; the parts add up to `rows`."""

    rows: int
    added: Mapping[str, int]
    """How many, by the state they were added in."""
    banned: Mapping[str, int]
    """How many addresses are suppressed, too, by reason: of those added, and of those there who are not confirmed."""
    already_there: int
    stated_otherwise: int
    """Of those already there: how many have another state in the file than here. They keep the one here."""
    suppressed: int
    refused: tuple[Refusal, ...]
    undated: tuple[int, ...]
    """Lines of rows of those who left, of now, since the date can't be read."""


def subscriber_table(path: Path, ignored: Collection[str] = (), sender: str = "") -> Table:
    """The file, read once to be sure that all of it can be read, since half an import is worse than none.

    `ignored` names columns to leave out; `sender` is whose export it is (`former_senders.BY_NAME`). Raises Refused,
    with the remedy, for a file that can't be imported.
    """
    return read_table(path, COLUMNS, ignored, BY_NAME.get(sender))


def import_subscribers(
    context: Context, table: Table, consent: str, rehearsal: Rehearsal | None = None
) -> Iterator[ImportedSubscribers]:
    """Add the table's rows, a thousand at a time; `consent` is the wording that these readers agreed to.

    Nobody who is known here is changed, so nobody who left comes back. Who left there is added as unsubscribed; who
    bounced or complained there by any row is suppressed, too, unless they were confirmed here before. With a
    `rehearsal` nothing is written, here or in the journal, and what is returned is what would become of the rows.
    """
    source = table.origin[:LONGEST]
    for batch in _batches(table):
        good, refused, undated = _read(batch, context.now, source)
        hashes = {row.address.key: fingerprint(row.address.key, context.settings.suppression_key) for row in good}
        with context.db.reading() if rehearsal else context.db.writing() as session:
            plan = _planned(session, good, hashes, rehearsal)
            if rehearsal:
                banned = _rehearse(rehearsal, plan, hashes)
            else:
                _add(context.within(session), plan.fresh, hashes, consent, source)
                banned = _ban(context.within(session), plan.to_ban, hashes, source)
        yield _told(batch, plan, banned, refused, undated)


def _batches(table: Table) -> Iterator[list[CsvRow]]:
    if table.may_say_left:
        yield from in_batches(table.rows(), says_left, _BATCH)
    yield from in_batches(table.rows(), lambda row: not says_left(row), _BATCH)


def export_subscribers(db: Database, state: str = "") -> Iterator[str]:
    """The header, then every subscriber (of one state, or of all) by address, each as a line of CSV."""
    yield from as_csv(_exported(db, state))


def _exported(db: Database, state: str) -> Iterator[tuple[str, ...]]:
    yield EXPORTED
    with db.reading() as session:
        for found, ban in subscribers_and_bans(session, state):
            cells = (found.email, found.name, found.state, found.topics.replace(",", ";"))
            yield (*cells, _iso(found.confirmed_at), _iso(found.unsubscribed_at), found.source, ban)


@dataclass(frozen=True)
class _Plan:
    """What becomes of the good rows of a batch: who is new, who is never to be mailed, who may not come in."""

    good: list[Row]
    allowed: list[Row]
    fresh: list[Row]
    to_ban: list[Row]
    states: Mapping[str, str]
    """Of all allowed addresses, as they are afterwards."""


def _read(batch: Sequence[CsvRow], now: datetime, source: str) -> tuple[list[Row], list[Refusal], list[int]]:
    good: list[Row] = []
    refused: list[Refusal] = []
    undated: list[int] = []
    for row in batch:
        try:
            good.append(read_row(row, now, source))
            undated += [row.line] if good[-1].undated else []
        except ValueError as error:
            refused.append(Refusal(row.line, str(error)))
    return good, refused, undated


def _planned(session: Session, good: list[Row], hashes: dict[str, str], rehearsal: Rehearsal | None) -> _Plan:
    if not rehearsal:
        lock_subscribers(session)
    suppressed = suppressed_among(session, list(hashes.values()))
    states = known_states(session, list(hashes))
    if rehearsal:
        suppressed |= rehearsal.banned_among(hashes.values())
        states |= rehearsal.states(hashes)
    allowed = [row for row in good if hashes[row.address.key] not in suppressed]
    fresh = {row.address.key: row for row in reversed(allowed) if row.address.key not in states}
    to_ban = [row for row in allowed if states.get(row.address.key) != SubscriberState.CONFIRMED]
    states |= {key: row.state for key, row in fresh.items()}
    return _Plan(good, allowed, list(reversed(fresh.values())), to_ban, states)


def _rehearse(rehearsal: Rehearsal, plan: _Plan, hashes: dict[str, str]) -> Counter[str]:
    bans = {hashes[row.address.key]: row.ban for row in reversed(plan.to_ban) if row.ban}
    rehearsal.note({hashes[row.address.key]: row.state.value for row in plan.fresh}, bans)
    return Counter(reason.value for reason in bans.values())


def _told(
    batch: Sequence[CsvRow], plan: _Plan, banned: Counter[str], refused: Sequence[Refusal], undated: Sequence[int]
) -> ImportedSubscribers:
    return ImportedSubscribers(
        rows=len(batch),
        added=Counter(row.state.value for row in plan.fresh),
        banned=banned,
        already_there=len(plan.allowed) - len(plan.fresh),
        stated_otherwise=sum(row.states_it and row.state != plan.states[row.address.key] for row in plan.allowed),
        suppressed=len(plan.good) - len(plan.allowed),
        refused=tuple(refused),
        undated=tuple(undated),
    )


def _add(
    work: Work,
    rows: Sequence[Row],
    hashes: dict[str, str],
    consent: str,
    source: str,
) -> None:
    if not rows:
        return
    rows = _with_topics_of_today(work, rows)
    added = add_subscribers(work.session, [_values(row, work.now, hashes[row.address.key]) for row in rows])
    answers = [(added[row.address.key], f"imported as {row.state}") for row in rows]
    wording = consent_wordings.imported(consent).keep(work.session)
    record_consents(work.session, answers, ConsentStep.IMPORTED, wording, work.now, source)
    left = (hashes[row.address.key] for row in rows if row.state is SubscriberState.UNSUBSCRIBED)
    note_parting(work.settings, work.now, Parting.UNSUBSCRIBED, left)


def _with_topics_of_today(work: Work, rows: Sequence[Row]) -> list[Row]:
    """A file may name a topic by another of its names, or by the one it had. A tag counts if there is such a topic."""
    slugs = {slug for row in rows for slug in (*row.topics.split(","), *row.tags) if slug}
    now = slugs_now(work.session, TOPICS, slugs) if slugs else {}
    there = slugs_there(work.session, TOPICS, {now.get(tag, tag) for row in rows for tag in row.tags})
    return [
        replace(row, topics=",".join(sorted(chosen)))
        if (chosen := {now.get(slug, slug) for slug in row.topics.split(",") if slug} or _known(row.tags, now, there))
        else row
        for row in rows
    ]


def _known(tags: Collection[str], now: Mapping[str, str], there: Collection[str]) -> set[str]:
    return {now.get(tag, tag) for tag in tags} & set(there)


def _ban(
    work: Work,
    rows: Sequence[Row],
    hashes: dict[str, str],
    source: str,
) -> Counter[str]:
    """Suppress those of the rows that are never to be mailed; returns how many, by reason."""
    bans = {
        hashes[row.address.key]: Ban(hashes[row.address.key], row.ban, row.unsubscribed_at or work.now)
        for row in reversed(rows)
        if row.ban
    }
    added = suppress_in(work, list(bans.values()), source)
    return Counter(bans[one].reason.value for one in added)


def _values(row: Row, now: datetime, address_hash: str) -> dict[str, object]:
    return {
        "email": row.address.shown,
        "address": row.address.key,
        "address_hash": address_hash,
        "name": row.name,
        "state": row.state.value,
        "link_key": new_key(),
        "topics": row.topics,
        "source": row.source,
        "created_at": now,
        "confirmed_at": row.confirmed_at,
        "unsubscribed_at": row.unsubscribed_at,
    }


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
