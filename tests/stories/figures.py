"""The figures of labelled leads: pairs rightly and wrongly shown as one, mates that are near, and the time it takes."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.domain.sources.likeness import terms
from digest.domain.sources.stories import ComparedLead, Grouping, grouped

OURS = Path(__file__).with_name("labelled.jsonl")
_UNDATED = "2024-01-01T00:00:00Z"
_FIRST = 3


@dataclass(frozen=True)
class StoryFigures:
    """What came of one file. Precision and recall are of pairs of leads; `near` is of leads that have a mate."""

    leads: int
    stories: int
    found: int
    precision: float
    recall: float
    near: float
    """How many have a mate in their own story, or among the first three near it."""
    milliseconds: float
    """A lead."""


def figures_of(path: Path) -> StoryFigures:
    """The figures of a file with one JSON object a line: id, story, headline, and lede and date if known."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    truth = {place: str(row["story"]) for place, row in enumerate(rows)}
    began = time.process_time()
    found = grouped(
        [
            ComparedLead(
                place, datetime.fromisoformat(row.get("date") or _UNDATED), terms(row["headline"], row.get("lede", ""))
            )
            for place, row in enumerate(rows)
        ]
    )
    spent = time.process_time() - began
    right = sum(_pairs(Counter(truth[lead] for lead in group)) for group in found.groups)
    shown = sum(_pairs({"": len(group)}) for group in found.groups)
    there = _pairs(Counter(truth.values()))
    return StoryFigures(
        len(rows), len(set(truth.values())), len(found.groups), right / shown if shown else 1.0,
        right / there if there else 1.0, _near(found, truth), spent / len(rows) * 1000,
    )  # fmt: skip


def _pairs(sizes: Mapping[str, int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _near(found: Grouping, truth: Mapping[int, str]) -> float:
    mates = defaultdict[str, set[int]](set)
    for lead, story in truth.items():
        mates[story].add(lead)
    asked = good = 0
    for group, near in zip(found.groups, found.near, strict=True):
        beside = [found.groups[place] for place, _ in near[:_FIRST]]
        for lead in group:
            wanted = mates[truth[lead]] - {lead}
            asked += bool(wanted)
            good += bool(wanted) and _any(wanted, [group, *beside])
    return good / asked if asked else 1.0


def _any(wanted: set[int], groups: Sequence[Sequence[int]]) -> bool:
    return any(wanted.intersection(group) for group in groups)
