"""What pre-flight finds: faults, each with what it concerns and where it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Whether a fault keeps the issue from going, or only deserves a look."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True)
class PreflightFault:
    """One finding. `where` is `Item 3` or the part's name; `summary_id` says which summary to open, if any, `part` else
    which part of the issue's page mends it: `words`, `picks`, or none.
    """

    level: Level
    where: str
    what: str
    summary_id: int | None = None
    part: str = ""
    doubtful: bool = False
    """It may be meant: a text about templates has their marks in it, and a long issue its length."""
    final: bool = False
    """No reason lets it pass: the digest would break what it promises its readers."""

    @property
    def blocks(self) -> bool:
        """Whether it keeps the issue from going."""
        return self.level is Level.BLOCKS

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"
