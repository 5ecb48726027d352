"""Rules of a source: words that keep its leads out of the inbox, or let only some in. Nothing here is a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.domain.shared.folding import fold, words
from digest.domain.sources.states import RuleKind

_PART = re.compile(r'"([^"]*)"?|([^\s,;]+)')


@dataclass(frozen=True)
class Wanted:
    """A rule ready to be asked: `phrases` are runs of folded words, any of which is enough."""

    rule_id: int
    kind: RuleKind
    phrases: tuple[tuple[str, ...], ...]


def wanted(rule_id: int, kind: str, typed: str) -> Wanted:
    """The rule of what an editor typed: words, and phrases in quotation marks of any kind."""
    return Wanted(rule_id, RuleKind(kind), phrases_of(typed))


def phrases_of(typed: str) -> tuple[tuple[str, ...], ...]:
    """The words and quoted phrases that were typed, folded, each once."""
    parts = (words(quoted or single) for quoted, single in _PART.findall(fold(typed)))
    return tuple(dict.fromkeys(tuple(part) for part in parts if part))


def muting(rules: Sequence[Wanted], *texts: str) -> int | None:
    """The id of the rule that keeps a lead with these texts out; None where it may come in.

    Any rule that keeps out does. Where rules let only some in, one of them must have a word of it; the first of them
    is named otherwise.
    """
    if not rules:
        return None
    there = f" {' '.join(word for text in texts for word in [*words(text), '|'])} "
    for rule in rules:
        if rule.kind is RuleKind.KEEP_OUT and _has_any(there, rule.phrases):
            return rule.rule_id
    doors = [rule for rule in rules if rule.kind is RuleKind.LET_IN_ONLY and rule.phrases]
    if not doors or any(_has_any(there, rule.phrases) for rule in doors):
        return None
    return doors[0].rule_id


def _has_any(there: str, phrases: Iterable[tuple[str, ...]]) -> bool:
    return any(f" {' '.join(phrase)} " in there for phrase in phrases)
