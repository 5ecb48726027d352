"""Which editions an issue gets: one for each choice of topics that enough readers made, and where the others go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from digest.domain.issues.choosing import Choice, rank
from digest.domain.issues.edition import Content

MOST_EDITIONS = 100
_FEWEST = 300
"""Readers of an edition, where there are many: its requests then hold some hundred copies or more."""
_PART = 20
"""Of few readers an edition has one in so many, so that small sites have editions, too. From 1,000 readers on, where
a send needs several requests, each holds 50 copies: fewer can't be settled by silence (`domain.sending.silence`)."""

_JOINING = 2
"""An edition of at most so many times the fewest readers joins a whole issue that has fewer."""


def fewest_readers(audience: int) -> int:
    """How many readers of so many must share a choice of topics for an edition of its own."""
    return max(1, min(_FEWEST, audience // _PART))


def editions_for(content: Content, audience: Mapping[Choice, int]) -> dict[Choice, Choice]:
    """For each choice of an audience (how many readers made it) the one whose edition its readers get.

    A choice that too few made gets the nearest that leaves none of its topics out: of the editions whose topics include
    its own, the one with the fewest items besides; the whole issue includes every choice. If the whole issue has too
    few readers then, the smallest edition joins it, so that no batch is small; but no large one does.
    """
    fewest = fewest_readers(sum(audience.values()))
    ranks = {choice: rank(content, choice) for choice in audience}
    order: list[frozenset[str]] = sorted(
        (choice for choice in audience if choice is not None), key=lambda choice: _order(choice, audience)
    )
    common = [choice for choice in order if audience[choice] >= fewest][:MOST_EDITIONS]
    found: dict[Choice, Choice] = {None: None} | {choice: choice for choice in common}
    for choice in order:
        if choice not in found:
            found[choice] = _nearest(choice, common, ranks)
    _fill_whole(found, audience, fewest)
    return {choice: found[choice] for choice in audience}


def _order(choice: frozenset[str], audience: Mapping[Choice, int]) -> tuple[int, list[str]]:
    return -audience[choice], sorted(choice)


def _nearest(choice: frozenset[str], common: list[frozenset[str]], ranks: Mapping[Choice, int]) -> Choice:
    wider = [other for other in common if choice < other]
    return min(wider, key=lambda other: (ranks[other], sorted(other)), default=None)


def _fill_whole(found: dict[Choice, Choice], audience: Mapping[Choice, int], fewest: int) -> None:
    """Let the smallest edition join the whole issue if that has too few readers. If even the smallest is large, one
    small batch harms less than so many readers without what they chose.
    """
    readers: dict[Choice, int] = defaultdict(int)
    for choice, number in audience.items():
        readers[found[choice]] += number
    if not 0 < readers.pop(None, 0) < fewest or not readers:
        return
    smallest = min(readers, key=lambda edition: (readers[edition], sorted(edition or ())))
    if readers[smallest] <= _JOINING * fewest:
        found.update({choice: None for choice, edition in found.items() if edition == smallest})
