"""The archive's search index, kept up with what was written: whoever writes a summary raises its version, no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from digest.domain.archive.pairs import Entry, entries_of
from digest.domain.archive.shelf import GONE, Placed
from digest.domain.shared.stems import stems
from digest.domain.sources.canonical import canonical_hash
from digest.domain.sources.identity import link_key
from digest.operations.archive.renewing import renew_resemblances
from digest.operations.archive.terms import Terms, terms_of
from digest.storage.archive.index_due import IndexedText, mark_indexed, stale_summaries
from digest.storage.archive.search_index import (
    LONGEST_STEM,
    StoredWords,
    first_free_seat,
    store_canonical,
    store_places,
    store_postings,
    store_words,
    stored_words,
)
from digest.storage.archive.word_pairs import Rewording, change_pairs
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.sources.linked_leads import link_leads, link_leads_by_key

_AT_ONCE = 150
_NOTHING = StoredWords("", paired=True)
_RENEWED = 100
"""So many of the summaries that have changed are compared with older leads: an import of thousands is no news."""


def index_summaries(db: Database, most: int | None = None) -> int:
    """Index what has changed since it was indexed, drafts too, a little at a time; returns how many there were.

    About `most` of them where somebody waits. Leads learn here which summary links their canonical address, and which
    they resemble, also when it was saved after they arrived.
    """
    done = 0
    changed = dict[int, dict[str, int]]()
    while (most is None or done < most) and (some := _index_some(db)):
        done += len(some)
        changed = dict([*changed.items(), *some.items()][-_RENEWED:])
    if changed:
        renew_resemblances(db, changed)
    return done


def leave_index(session: Session, summary_id: int, seat: int | None) -> None:
    """Clear the seat of a summary that is about to be deleted; the caller has the lock of the search index."""
    if seat is None:
        return
    said = stored_words(session, [summary_id]).get(summary_id, _NOTHING).words
    store_postings(session, {stem[:LONGEST_STEM]: {seat: 0} for stem in stems(said)})
    change_pairs(session, [Rewording(seat, entries_of(said), ())])
    store_places(session, {seat: Placed(summary_id, GONE, 0, ())})


def lock_index(session: Session) -> None:
    """Nobody else indexes until the transaction ends. Take it before any row."""
    one_at_a_time(session, "search index")


def _index_some(db: Database) -> dict[int, dict[str, int]]:
    """Index the next ones; the weights of the stems of each, by its id."""
    with db.reading() as session:
        stale = stale_summaries(session, _AT_ONCE)
    if not stale:
        return {}
    # What takes long is done before others have to wait; who has changed meanwhile stays stale, for the next time.
    terms = {text.id: terms_of(text) for text in stale}
    # Of many, each block would be written dozens of times: `pairing` finds theirs once there are no more.
    pairs = {key: entries_of(each.words) for key, each in terms.items()} if len(stale) < _AT_ONCE else {}
    with db.writing() as session:
        lock_index(session)
        now = {text.id: text for text in stale_summaries(session, _AT_ONCE)}
        fresh = [text for text in stale if now.get(text.id) == text]
        if not fresh:
            return {}
        free = first_free_seat(session)
        seats = {text.id: free + at if text.seat is None else text.seat for at, text in enumerate(fresh)}
        before = stored_words(session, [text.id for text in fresh])
        store_postings(session, _changes(fresh, terms, seats, before))
        store_places(session, {seats[text.id]: text.placed for text in fresh})
        paired = {key for key in pairs if before.get(key, _NOTHING).paired}
        store_words(session, {key: StoredWords(terms[key].words, key in paired) for key in seats})
        change_pairs(session, [_rewording(seats[key], before.get(key), pairs[key]) for key in seats if key in paired])
        mark_indexed(session, [(text.id, text.version, seats[text.id]) for text in fresh])
        hashes = {link: canonical_hash(url) for text in fresh for link, url in text.links}
        store_canonical(session, hashes)
        link_leads(session, {value for value in hashes.values() if value})
        keys = {link_key(url): canonical_hash(url) for text in fresh for _, url in text.links}
        link_leads_by_key(session, {key: canonical for key, canonical in keys.items() if key})
        return {text.id: terms[text.id].weights for text in fresh}


def _changes(
    texts: Sequence[IndexedText], terms: dict[int, Terms], seats: dict[int, int], before: Mapping[int, StoredWords]
) -> dict[str, dict[int, int]]:
    """By stem and seat the new weight: 0 for what a summary no longer says."""
    found = defaultdict[str, dict[int, int]](dict)
    for text in texts:
        seat = seats[text.id]
        for stem in stems(before.get(text.id, _NOTHING).words):
            found[stem[:LONGEST_STEM]][seat] = 0
        for stem, weight in terms[text.id].weights.items():
            found[stem][seat] = weight
    return found


def _rewording(seat: int, before: StoredWords | None, now: Sequence[Entry]) -> Rewording:
    return Rewording(seat, entries_of(before.words) if before else (), now)
