"""A summary as the archive has it, in values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class SourceRow:
    """A source link's own words."""

    url: str
    title: str
    publication: str


@dataclass(frozen=True)
class StoredSummary:
    """A summary as it is stored, draft or published."""

    id: int
    title: str
    published_on: date
    publication: str
    body: str
    body_format: str
    slug: str
    is_published: bool
    sources: tuple[SourceRow, ...]
    topics: frozenset[str]
    """Their names, folded."""
