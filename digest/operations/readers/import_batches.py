"""What a thousand rows of a file come to: weighed against what is here, then written, or only counted.

All files are gone through twice, for those who left before anybody else is added: so whoever has left by any row has
left, also where an earlier row or file says otherwise and the import was cut short between the two. Faulty rows,
whatever they say, wait for the second time, so that they are told in the file's order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.shared.tokens import fingerprint, new_key
from digest.operations.guard.journal import Parting, note_parting
from digest.operations.readers import consent_wordings
from digest.operations.readers.subscriber_rows import LONGEST, Row, read_row, says_left
from digest.operations.shared.context import Work
from digest.operations.shared.csv_rows import CsvRow, Refusal, Table, in_batches
from digest.operations.suppressions.suppressing import suppress_in
from digest.storage.readers.consents import ConsentStep, record_consents
from digest.storage.readers.subscribers import SubscriberState, add_subscribers, known_states
from digest.storage.readers.tried_addresses import TriedAddresses
from digest.storage.suppressions.suppressions import Ban, suppressed_among
from digest.storage.writing.names import TOPICS, slugs_now, slugs_there

AT_ONCE = 1_000


@dataclass(frozen=True)
class ImportedSubscribers:
    """What became of some rows, or would; the parts add up to `rows`."""

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


class Round(IntEnum):
    """Which of the two times a file is gone through."""

    LEFT = 0
    OTHERS = 1


BOTH = tuple(Round)


@dataclass(frozen=True)
class Place:
    """How far an import has come: all rows of the stage up to this line."""

    stage: int = Round.LEFT
    line: int = 0


START = Place()


@dataclass(frozen=True)
class ReadRows:
    """Some rows as they were read, and where they end."""

    until: Place
    rows: int
    good: Sequence[Row]
    refused: Sequence[Refusal]
    undated: Sequence[int]


def batches(
    table: Table, now: datetime, source: str, after: Place = START, rounds: Sequence[Round] = BOTH
) -> Iterator[ReadRows]:
    """The table's rows beyond that place, a thousand at a time; `source` stands in where a row names none."""
    for stage in rounds:
        if stage < after.stage or (stage is Round.LEFT and not table.may_say_left):
            continue
        beyond = after.line if stage == after.stage else 0
        rows = (row for row in table.rows() if row.line > beyond and says_left(row) is (stage is Round.LEFT))
        for some in in_batches(rows, lambda _: True, AT_ONCE):
            yield _read(some, stage, now, source)


def origin_of(table: Table) -> str:
    """Where readers of a file came from, as is kept with each."""
    return table.origin[:LONGEST]


def import_batch_in(work: Work, batch: ReadRows, consent: str, source: str) -> ImportedSubscribers:
    """Add these rows in the caller's transaction, which has taken its turn. Nobody who is here is changed."""
    hashes = _hashes(work.settings, batch.good)
    suppressed = suppressed_among(work.session, list(hashes.values()))
    weighed = _weigh(batch, hashes, suppressed, known_states(work.session, list(hashes)), work.now)
    _add(work, weighed.fresh, hashes, consent, source)
    added = suppress_in(work, list(weighed.bans.values()), source)
    return replace(weighed.outcome, banned=Counter(weighed.bans[one].reason.value for one in added))


def try_batch(
    session: Session, settings: Settings, tried: TriedAddresses, batch: ReadRows, now: datetime
) -> ImportedSubscribers:
    """What `import_batch_in` would say of them after all that was tried before; writes nothing."""
    hashes = _hashes(settings, batch.good)
    suppressed = suppressed_among(session, list(hashes.values())) | tried.banned(list(hashes.values()))
    would_be = tried.states(list(hashes.values()))
    states = {key: would_be[one] for key, one in hashes.items() if one in would_be} | known_states(
        session, list(hashes)
    )
    weighed = _weigh(batch, hashes, suppressed, states, now)
    tried.keep({hashes[row.address.key]: row.state.value for row in weighed.fresh}, weighed.bans)
    return weighed.outcome


@dataclass(frozen=True)
class _Weighed:
    fresh: Sequence[Row]
    bans: Mapping[str, Ban]
    outcome: ImportedSubscribers


def _read(rows: Sequence[CsvRow], stage: Round, now: datetime, source: str) -> ReadRows:
    good: list[Row] = []
    refused: list[Refusal] = []
    undated: list[int] = []
    for row in rows:
        try:
            good.append(read_row(row, now, source))
            undated += [row.line] if good[-1].undated else []
        except ValueError as error:
            refused.append(Refusal(row.line, str(error)))
    return ReadRows(Place(stage, rows[-1].line), len(rows), good, refused, undated)


def _hashes(settings: Settings, rows: Iterable[Row]) -> dict[str, str]:
    return {row.address.key: fingerprint(row.address.key, settings.suppression_key) for row in rows}


def _weigh(
    batch: ReadRows, hashes: Mapping[str, str], suppressed: set[str], states: Mapping[str, str], now: datetime
) -> _Weighed:
    """Who is new, and who is to be suppressed; of several rows with one address the first counts."""
    allowed = [row for row in batch.good if hashes[row.address.key] not in suppressed]
    fresh = {row.address.key: row for row in reversed(allowed) if row.address.key not in states}
    after = {**states, **{key: row.state.value for key, row in fresh.items()}}
    bans = {
        hashes[row.address.key]: Ban(hashes[row.address.key], row.ban, row.unsubscribed_at or now)
        for row in reversed(allowed)
        if row.ban and states.get(row.address.key) != SubscriberState.CONFIRMED
    }
    outcome = ImportedSubscribers(
        rows=batch.rows,
        added=Counter(row.state.value for row in fresh.values()),
        banned=Counter(ban.reason.value for ban in bans.values()),
        already_there=len(allowed) - len(fresh),
        stated_otherwise=sum(row.states_it and row.state != after[row.address.key] for row in allowed),
        suppressed=len(batch.good) - len(allowed),
        refused=tuple(batch.refused),
        undated=tuple(batch.undated),
    )
    return _Weighed(list(reversed(fresh.values())), bans, outcome)


def _add(work: Work, rows: Sequence[Row], hashes: Mapping[str, str], consent: str, source: str) -> None:
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
        "paused_until": row.paused_until,
    }
