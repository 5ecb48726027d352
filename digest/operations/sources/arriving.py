"""Arriving: entries become leads, by one path, whoever brings them: a feed, a page, a newsletter, a file, an editor.

One entry is one lead, however often and from wherever it comes; the lead stays in the state that it is in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from digest.domain.shared.folding import fold
from digest.domain.shared.urls import is_safe
from digest.domain.sources.canonical import canonical_hash
from digest.domain.sources.identity import EntryIdentity, Named, identities, keys_to_ask
from digest.domain.sources.rules import Wanted, muting
from digest.domain.sources.states import LeadState
from digest.feeds.base.entries import Entry
from digest.operations.shared.context import Work
from digest.storage.base.database import one_at_a_time
from digest.storage.sources.known_leads import (
    KnownLead,
    add_leads,
    change_leads,
    give_keys,
    keep_keys,
    known_leads,
    leads_by_key,
)
from digest.storage.sources.rules import rules_of
from digest.storage.sources.sources import WatchedSource

LONGEST_TITLE, LONGEST_LEDE, LONGEST_URL, LONGEST_GUID = 500, 2_000, 2_000, 2_000
_UNDATED_AT_FIRST = 30
"""Of a source read for the first time, so many entries without a date may be new; nobody knows how old others are."""


@dataclass(frozen=True)
class Candidate:
    """An entry with what is known of it beside its own words. `arrived_at` is now unless it is said."""

    entry: Entry
    publication: str = ""
    """The name of its publication, where no source says it."""
    publication_id: int | None = None
    language: str = ""
    arrived_at: datetime | None = None
    by: str = ""
    """Who brought it, where a person did."""
    also: tuple[str, ...] = ()
    """Further addresses that lead to the same page."""


@dataclass(frozen=True)
class Arrivals:
    """What became of candidates. `lead_ids` are in their order; None for what is history, or deleted long since."""

    lead_ids: tuple[int | None, ...] = ()
    new: int = 0
    known: int = 0
    muted: int = 0
    """Of the new ones, those that a rule keeps out."""
    history: int = 0


def arrive(
    work: Work, candidates: Sequence[Candidate], source_id: int | None = None, since: datetime | None = None
) -> Arrivals:
    """Make leads of the candidates that are none yet, in the caller's transaction; all of one document at once.

    `source_id` is the source that brought them; none for a file or an editor. `since` is for a source's first time:
    what was published before it is its history, remembered and never a lead. Stories are found later, outside this
    transaction (`operations.sources.grouping`). Two processes may do this at once, and again: nothing is made twice.
    """
    if not candidates:
        return Arrivals()
    one_at_a_time(work.session, "leads")
    return _Arriving(work, candidates, source_id, since).result()


def as_of_source(source: WatchedSource, entries: Sequence[Entry]) -> list[Candidate]:
    """A source's entries as candidates."""
    return [Candidate(entry, publication_id=source.publication_id, language=source.language) for entry in entries]


@dataclass
class _Arriving:
    """One document on its way in."""

    work: Work
    candidates: Sequence[Candidate]
    source_id: int | None
    since: datetime | None
    undated: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    places: list[int | None] = field(default_factory=list)
    """By candidate: the id of a known lead, or the place of a new one in `rows` as a negative number from -1."""
    mine: dict[str, int | None] = field(default_factory=dict)
    """Keys that this document brings, each with its place."""

    def result(self) -> Arrivals:
        named = [_named(self.source_id, candidate) for candidate in self.candidates]
        self.kept = leads_by_key(self.work.session, keys_to_ask(named))
        found = identities(named, set(self.kept))
        self.rules = [each for each in self._rules() if each.phrases]
        for candidate, identity in zip(self.candidates, found, strict=True):
            self._take(candidate, identity)
        ids = add_leads(self.work.session, self.rows)
        lead_ids = tuple(_settled(place, ids) for place in self.places)
        self._keep(ids, found)
        self._change(lead_ids)
        return self._counted(lead_ids)

    def _rules(self) -> list[Wanted]:
        return rules_of(self.work.session, self.source_id) if self.source_id else []

    def _take(self, candidate: Candidate, identity: EntryIdentity) -> None:
        is_known, place = self._known(identity)
        if not is_known and not self._is_history(candidate.entry):
            place = self._new(candidate)
        self.places.append(place)
        for key in identity.all:
            self.mine.setdefault(key, place)

    def _known(self, identity: EntryIdentity) -> tuple[bool, int | None]:
        for key in identity.known_by:
            if key in self.mine:
                return True, self.mine[key]
            if key in self.kept and (self.kept[key] is not None or self.source_id):
                return True, self.kept[key]
        return False, None

    def _is_history(self, entry: Entry) -> bool:
        if self.since is None:
            return False
        if entry.published_at:
            return entry.published_at < self.since
        self.undated += 1
        return self.undated > _UNDATED_AT_FIRST

    def _new(self, candidate: Candidate) -> int:
        entry, arrived_at = candidate.entry, candidate.arrived_at or self.work.now
        title, lede = plain_line(entry.title, LONGEST_TITLE), plain_line(entry.lede, LONGEST_LEDE)
        rule_id = muting(self.rules, title, lede)
        url = entry.url if len(entry.url) <= LONGEST_URL and is_safe(entry.url) else ""
        self.rows.append(
            {
                "source_id": self.source_id,
                "publication_id": candidate.publication_id,
                "publication": plain_line(candidate.publication, 200),
                "guid": _storable(entry.guid)[:LONGEST_GUID],
                "url": url,
                "canonical": canonical_hash(url),
                "title": title,
                "lede": lede,
                "language": candidate.language[:35],
                "published_at": min(entry.published_at or arrived_at, arrived_at),
                "arrived_at": arrived_at,
                "state": LeadState.MUTED if rule_id else LeadState.NEW,
                "rule_id": rule_id,
                "by": candidate.by[:254],
            }
        )
        return -len(self.rows)

    def _keep(self, ids: Sequence[int], found: Sequence[EntryIdentity]) -> None:
        keys = {key: _settled(place, ids) for key, place in self.mine.items()}
        doubts = dict.fromkeys((doubt for identity in found for doubt in identity.doubts), None)
        fresh = {key: lead_id for key, lead_id in (keys | doubts).items() if key not in self.kept}
        keep_keys(self.work.session, self.work.now, fresh)
        orphans = {key: lead_id for key, lead_id in keys.items() if key in self.kept and self.kept[key] is None}
        give_keys(self.work.session, {key: lead_id for key, lead_id in orphans.items() if lead_id})

    def _change(self, lead_ids: Sequence[int | None]) -> None:
        again = {
            lead_id: candidate
            for lead_id, place, candidate in zip(lead_ids, self.places, self.candidates, strict=True)
            if lead_id and lead_id == place
        }
        there = known_leads(self.work.session, again)
        changes = [_changed(lead, again[lead.id], self.source_id) for lead in there.values()]
        change_leads(self.work.session, [change for change in changes if change])

    def _counted(self, lead_ids: Sequence[int | None]) -> Arrivals:
        history = sum(place is None for place in self.places)
        muted = sum(row["state"] == LeadState.MUTED for row in self.rows)
        known = len(self.places) - history - len(self.rows)
        return Arrivals(tuple(lead_ids), len(self.rows), known, muted, history)


def _named(source_id: int | None, candidate: Candidate) -> Named:
    scope = str(source_id) if source_id else f"file {fold(candidate.publication)}"
    entry = candidate.entry
    return Named(scope, entry.guid, entry.url, entry.title, entry.published_at, candidate.also)


def _settled(place: int | None, ids: Sequence[int]) -> int | None:
    return ids[-place - 1] if place is not None and place < 0 else place


def _changed(lead: KnownLead, candidate: Candidate, source_id: int | None) -> dict[str, Any] | None:
    """What its own source, or the first source to bring what an editor pasted, says anew."""
    if lead.source_id not in (None, source_id):
        return None
    entry = candidate.entry
    is_better = entry.url and len(entry.url) <= LONGEST_URL and is_safe(entry.url)
    url = entry.url if is_better and not (candidate.by and lead.url) else lead.url  # an editor may come by any of them
    new = KnownLead(
        lead.id,
        lead.source_id or source_id,
        lead.publication_id or candidate.publication_id,
        url,
        plain_line(entry.title, LONGEST_TITLE) or lead.title,
        plain_line(entry.lede, LONGEST_LEDE) or lead.lede,
    )
    if new == lead:
        return None
    words = {"url": url, "canonical": canonical_hash(url), "title": new.title, "lede": new.lede}
    return {"id": lead.id, "source_id": new.source_id, "publication_id": new.publication_id, **words}


def plain_line(text: str, longest: int) -> str:
    """Plain text on one line, cut between words."""
    plain = " ".join(_storable(text).split())
    if len(plain) <= longest:
        return plain
    return f"{plain[: longest - 1].rpartition(' ')[0] or plain[: longest - 1]}…"


def _storable(text: str) -> str:
    """Without what no database takes: halves of characters, and for PostgreSQL the zero byte. JSON can hold both."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
