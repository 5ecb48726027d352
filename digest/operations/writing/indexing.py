"""The archive's search index, kept up with what was written: whoever writes a summary raises its version, no more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from digest.domain.shared.folding import words
from digest.domain.shared.stems import stems
from digest.domain.sources.canonical import canonical_hash
from digest.domain.writing.postings import HEAVIEST
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.sources.linked_leads import link_leads
from digest.storage.writing.search_index import (
    LONGEST_STEM,
    IndexedText,
    first_free_seat,
    mark_indexed,
    stale_summaries,
    store_canonical,
    store_places,
    store_postings,
    store_words,
    words_of,
)

_AT_ONCE = 150
_TITLE, _NAMES = 1.2, 0.5
_USUAL_LENGTH = 60
_UNIT = 2.2 / HEAVIEST
_BAR = " | "
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Terms:
    """What a summary is found by: its folded words, and how much each of their stems weighs, from 1 to 15."""

    words: str
    weights: dict[str, int]


def index_summaries(db: Database) -> int:
    """Index what has changed since it was indexed, drafts too, a little at a time; returns how many there were.

    Leads learn here which summary links their canonical address, also when it was saved after they arrived.
    """
    done = 0
    while count := _index_some(db):
        done += count
    return done


def plain_text(body_html: str) -> str:
    """A body's words."""
    return unescape(_TAG.sub(" ", body_html))


def terms_of(text: IndexedText) -> Terms:
    """What the summary is found by."""
    fields = [words(each) for each in (text.title, plain_text(text.body_html), *text.names)]
    counts = defaultdict[str, float](float)
    for at, each in enumerate(fields):
        weight = _TITLE if at == 0 else 1.0 if at == 1 else _NAMES
        for stem in stems(" ".join(each)):
            counts[stem[:LONGEST_STEM]] += weight
    # As BM25 has it: the second time counts less than the first, and long texts have more of everything.
    damping = 0.3 + 0.9 * sum(counts.values()) / _USUAL_LENGTH
    weights = {
        stem: max(1, min(HEAVIEST, round(2.2 * count / (count + damping) / _UNIT))) for stem, count in counts.items()
    }
    return Terms(f" {_BAR.join(' '.join(each) for each in fields)} ", weights)


def _index_some(db: Database) -> int:
    with db.reading() as session:
        stale = stale_summaries(session, _AT_ONCE)
    if not stale:
        return 0
    # What takes long is done before others have to wait; who has changed meanwhile stays stale, for the next time.
    terms = {text.id: terms_of(text) for text in stale}
    with db.writing() as session:
        one_at_a_time(session, "search index")
        now = {text.id: text for text in stale_summaries(session, _AT_ONCE)}
        fresh = [text for text in stale if now.get(text.id) == text]
        if not fresh:
            return 0
        free = first_free_seat(session)
        seats = {text.id: free + at if text.seat is None else text.seat for at, text in enumerate(fresh)}
        before = words_of(session, [text.id for text in fresh])
        store_postings(session, _changes(fresh, terms, seats, before))
        store_places(session, {seats[text.id]: text.placed for text in fresh})
        store_words(session, {text.id: terms[text.id].words for text in fresh})
        mark_indexed(session, [(text.id, text.version, seats[text.id]) for text in fresh])
        hashes = {link: canonical_hash(url) for text in fresh for link, url in text.links}
        store_canonical(session, hashes)
        link_leads(session, {value for value in hashes.values() if value})
        return len(fresh)


def _changes(
    texts: Sequence[IndexedText], terms: dict[int, Terms], seats: dict[int, int], before: dict[int, str]
) -> dict[str, dict[int, int]]:
    """By stem and seat the new weight: 0 for what a summary no longer says."""
    found = defaultdict[str, dict[int, int]](dict)
    for text in texts:
        seat = seats[text.id]
        for stem in stems(before.get(text.id, "")):
            found[stem[:LONGEST_STEM]][seat] = 0
        for stem, weight in terms[text.id].weights.items():
            found[stem][seat] = weight
    return found
