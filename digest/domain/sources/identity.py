"""By what an entry is known again: its guid within its source, else its canonical link, else its title and date.

A guid or a link that several entries of one document share names none of them: some feeds give all their entries one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from digest.domain.shared.folding import fold
from digest.domain.sources.canonical import canonical, is_home_page


@dataclass(frozen=True)
class Named:
    """What names an entry. `scope` is where its guid counts: its source, or the file that it came in.

    `also` are further addresses that lead to the same page: by a redirect, or by the page's own word.
    """

    scope: str
    guid: str
    url: str
    title: str
    published_at: datetime | None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntryIdentity:
    """Keys, hashed. By the first of `known_by` that is known, an entry is known; `all` are kept for the next time.

    `doubts` are keys of what turned out to be shared: once kept, it names nothing any more in this source.
    """

    known_by: tuple[str, ...]
    all: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class _Keys:
    guid: str
    link: str
    title: str
    also: tuple[str, ...]


def keys_to_ask(entries: Sequence[Named]) -> set[str]:
    """Every key that may say something of these entries, doubts among them."""
    found = set[str]()
    for entry in entries:
        keys = _keys(entry)
        for key in (keys.guid, keys.link, *keys.also):
            if key:
                found |= {key, _doubt(entry.scope, key)}
        found.add(keys.title)
    return found


def identities(entries: Sequence[Named], kept: set[str]) -> list[EntryIdentity]:
    """The identity of each entry of one document, with what is kept of `keys_to_ask`."""
    keys = [_keys(entry) for entry in entries]
    shared = _shared([(each.guid, entry) for each, entry in zip(keys, entries, strict=True)])
    shared |= _shared([(each.link, entry) for each, entry in zip(keys, entries, strict=True)])
    return [_identity(entry, each, shared, kept) for entry, each in zip(entries, keys, strict=True)]


def _identity(entry: Named, keys: _Keys, shared: set[str], kept: set[str]) -> EntryIdentity:
    doubts = tuple(_doubt(entry.scope, key) for key in (keys.guid, keys.link) if key and key in shared)
    sure = [key for key in (keys.guid, keys.link) if key and key not in shared and _doubt(entry.scope, key) not in kept]
    if keys.link in sure and keys.guid and is_home_page(entry.url):
        sure.remove(keys.link)
    sure += [key for key in keys.also if key not in sure and _doubt(entry.scope, key) not in kept]
    return EntryIdentity(tuple(sure) or (keys.title,), (*sure, keys.title), doubts)


def link_key(url: str) -> str:
    """The key of an address, by which whatever leads to the same page is known; empty if it is none of the web."""
    link = canonical(url)
    return _hashed("link", link) if link else ""


def _keys(entry: Named) -> _Keys:
    link = canonical(entry.url)
    guid = entry.guid.strip()
    day = entry.published_at.isoformat() if entry.published_at else ""
    return _Keys(
        _hashed("guid", entry.scope, canonical(guid) or guid) if guid else "",
        link_key(entry.url) if link else "",
        _hashed("title", entry.scope, " ".join(fold(entry.title).split()), day),
        tuple(key for url in entry.also if (key := link_key(url))),
    )


def _shared(keyed: Sequence[tuple[str, Named]]) -> set[str]:
    """The keys that entries have which differ in title or date: two times the same article is no doubt."""
    different = defaultdict[str, set[tuple[str, datetime | None]]](set)
    for key, entry in keyed:
        if key:
            different[key].add((fold(entry.title), entry.published_at))
    return {key for key, entries in different.items() if len(entries) > 1}


def _doubt(scope: str, key: str) -> str:
    return _hashed("doubt", scope, key)


def _hashed(*parts: str) -> str:
    return blake2b("\n".join(parts).encode("utf-8", "replace"), digest_size=32).hexdigest()
