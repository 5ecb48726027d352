"""Mutants."""
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    apply: Callable[[], None]


MUTANTS: dict[str, Mutant] = {}
