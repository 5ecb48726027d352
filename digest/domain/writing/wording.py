"""What a summary says at one time, to be kept in its history and read by whatever program comes later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from digest.domain.shared.stored import day, known, packed, parts, unpacked

_NAME, _VERSION = "revision", 1


@dataclass(frozen=True)
class SourceWording:
    """A source link as it stood."""

    url: str
    title: str
    publication: str


@dataclass(frozen=True)
class Wording:
    """A summary's words as they stood; topics by their names."""

    title: str
    published_on: date
    publication: str
    body: str
    body_format: str
    sources: tuple[SourceWording, ...]
    topics: tuple[str, ...]

    def lines(self) -> list[str]:
        """The words as text to be compared: a line for each field, then the body's."""
        sources = [
            " · ".join(part for part in (each.title, each.publication, each.url) if part) for each in self.sources
        ]
        return [
            self.title,
            f"{self.published_on.isoformat()} · {self.publication}",
            *self.body.split("\n"),
            *sources,
            ", ".join(sorted(self.topics)),
        ]


def to_json(wording: Wording) -> str:
    """The words as stored; `from_json` gives the same value back."""
    return packed(asdict(wording), _VERSION)


def from_json(text: str) -> Wording:
    """The words that `to_json` stored, also those of an earlier or later program. Raises UnreadableRecord."""
    stored = unpacked(text, _VERSION, _NAME)
    read = {
        "published_on": day(stored, _NAME, "published_on"),
        "sources": tuple(_source(each) for each in parts({"sources": [], **stored}, _NAME, "sources")),
        "topics": tuple(str(each) for each in stored.get("topics", [])),
    }
    return Wording(**known(Wording, stored | read, {"publication": "", "body": "", "body_format": "markdown"}, _NAME))


def _source(stored: dict[str, Any]) -> SourceWording:
    return SourceWording(**known(SourceWording, stored, {"title": "", "publication": ""}, _NAME))
