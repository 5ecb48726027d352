"""The archive's search index, kept up with what was written: whoever writes a summary raises its version, no more."""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape

from digest.domain.shared.stems import stems
from digest.domain.sources.canonical import canonical_hash
from digest.domain.sources.identity import link_key
from digest.operations.writing.renewing import renew_resemblances
from digest.storage.base.database import Database, one_at_a_time
from digest.storage.sources.linked_leads import link_leads, link_leads_by_key
from digest.storage.writing.search_index import (
    LONGEST_STEM,
    IndexedText,
    stale_summaries,
    store_canonical,
    store_terms,
)

_AT_ONCE = 50
_RENEWED = 100
"""So many of the summaries that have changed are compared with older leads: an import of thousands is no news."""
_TITLE, _NAMES = 1.2, 0.5
_USUAL_LENGTH = 60
_TAG = re.compile(r"<[^>]*>")


def index_summaries(db: Database, most: int | None = None) -> int:
    """Index what has changed since it was indexed, drafts too, a little at a time; returns how many there were.

    About `most` of them where somebody waits. Leads learn here which summary links their canonical address, and which
    they resemble, also when it was saved after they arrived.
    """
    done = 0
    changed = dict[int, dict[str, float]]()
    while (most is None or done < most) and (some := _index_some(db)):
        done += len(some)
        changed = dict([*changed.items(), *some.items()][-_RENEWED:])
    if changed:
        renew_resemblances(db, changed)
    return done


def plain_text(body_html: str) -> str:
    """A body's words."""
    return unescape(_TAG.sub(" ", body_html))


def _index_some(db: Database) -> dict[int, dict[str, float]]:
    """Index the next ones; the stems of each, by its id."""
    with db.reading() as session:
        if not stale_summaries(session, 1):
            return {}
    with db.writing() as session:
        one_at_a_time(session, "search index")
        stale = stale_summaries(session, _AT_ONCE)
        if not stale:
            return {}
        terms = {each.id: _terms(each) for each in stale}
        store_terms(session, terms, {each.id: each.version for each in stale})
        hashes = {link: canonical_hash(url) for each in stale for link, url in each.links}
        store_canonical(session, hashes)
        link_leads(session, {value for value in hashes.values() if value})
        keys = {link_key(url): canonical_hash(url) for each in stale for _, url in each.links}
        link_leads_by_key(session, {key: canonical for key, canonical in keys.items() if key})
        return terms


def _terms(text: IndexedText) -> dict[str, float]:
    counts = defaultdict[str, float](float)
    for words, weight in ((text.title, _TITLE), (plain_text(text.body_html), 1.0), (text.names, _NAMES)):
        for stem in stems(words):
            counts[stem[:LONGEST_STEM]] += weight
    # As BM25 has it: the second time counts less than the first, and long texts have more of everything.
    damping = 0.3 + 0.9 * sum(counts.values()) / _USUAL_LENGTH
    return {stem: round(2.2 * count / (count + damping), 4) for stem, count in counts.items()}
