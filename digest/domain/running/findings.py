"""What an examination of the installation finds: a state in one word, what is so, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class FindingState(StrEnum):
    """How bad it is: all is well, somebody should look, something does not work."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: FindingState
    words: str
    remedy: str = ""


def fine(name: str, words: str) -> Finding:
    """All is well."""
    return Finding(name, FindingState.OK, words)


def doubtful(name: str, words: str, remedy: str) -> Finding:
    """Somebody should look."""
    return Finding(name, FindingState.WARN, words, remedy)


def broken(name: str, words: str, remedy: str) -> Finding:
    """Something does not work, or will not when it is needed."""
    return Finding(name, FindingState.BAD, words, remedy)


def worst(findings: Iterable[Finding]) -> FindingState:
    """The worst state of all."""
    states = {finding.state for finding in findings}
    return next((state for state in (FindingState.BAD, FindingState.WARN) if state in states), FindingState.OK)
