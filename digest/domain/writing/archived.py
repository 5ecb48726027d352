"""A summary as the archive has it, in values."""

from __future__ import annotations

from collections.abc import Mapping
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
    """How their names are spelt."""


@dataclass(frozen=True)
class OtherNames:
    """By how each alias is spelt, how the name is spelt that it stands for."""

    publications: Mapping[str, str]
    topics: Mapping[str, str]
