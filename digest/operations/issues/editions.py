"""Which readers see what of a digest: the editions that the readers' choices of topics make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.issues.edition import Content, items_for
from digest.storage.readers.subscribers import audience_by_topics

_MOST_TOLD = 6


@dataclass(frozen=True)
class EditionShare:
    """The readers who see the same items: how many items and readers, and one choice of topics that gives them."""

    items: int
    readers: int
    choice: str
    """Topics by their slugs, with commas between; empty for everything."""


def edition_shares(session: Session, content: Content) -> list[EditionShare]:
    """The audience by what it sees of the content: everything first, then the most readers first."""
    return shares_of(content, audience_by_topics(session))


def shares_of(content: Content, audience: Mapping[str, int]) -> list[EditionShare]:
    """`edition_shares` of an audience: how many readers have made each choice of topics."""
    found: dict[tuple[int, ...], tuple[str, int]] = {}
    for choice, readers in sorted(audience.items()):
        seen = tuple(item.summary_id for item in items_for(content, frozenset(filter(None, choice.split(",")))))
        first, so_far = found.get(seen, (choice, 0))
        found[seen] = (first, so_far + readers)
    shares = [EditionShare(len(seen), readers, choice) for seen, (choice, readers) in found.items()]
    return sorted(shares, key=lambda share: (share.items < len(content.items), -share.readers, share.choice))


def told(shares: Sequence[EditionShare], items: int) -> tuple[str, ...]:
    """Who gets what, a sentence for each edition of an issue with so many items; nothing where all get the same."""
    if all(share.items == items for share in shares):
        return ()
    partial = [share for share in shares if share.items]
    sentences = [f"{_readers(share.readers)} {_what(share.items, items)}." for share in partial[:_MOST_TOLD]]
    if more := partial[_MOST_TOLD:]:
        count = sum(share.readers for share in more)
        sentences.append(f"{_readers(count)} one of {len(more)} further editions.")
    if nothing := sum(share.readers for share in shares if not share.items):
        sentences.append(f"{_readers(nothing)} no mail: nothing is on their topics.")
    return tuple(sentences)


def whole_readers(shares: Sequence[EditionShare], items: int) -> int:
    """How many readers see everything."""
    return sum(share.readers for share in shares if share.items == items)


def _readers(count: int) -> str:
    return f"{count:,} {'reader gets' if count == 1 else 'readers get'}"


def _what(seen: int, items: int) -> str:
    return f"all {items:,} items" if seen == items else f"{seen:,} of {items:,} items, by the topics they chose"
