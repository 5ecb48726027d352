"""One line of a summaries file, read: what it says, or why it can't be taken in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import Manuscript, Piece, read
from digest.domain.writing.bodies import BodyFormat
from digest.operations.shared.json_lines import expect_keys, object_on, text_of

_KEYS = sorted(("id", "title", "date", "publication", "body", "body_html", "sources", "topics", "slug"))
_SOURCE_KEYS = sorted(("url", "title", "publication"))
_LARGEST_ID = 2**31 - 1
_LONGEST_SLUG = 100
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")


@dataclass(frozen=True)
class Incoming:
    """A summary from a file, with the id and slug that it keeps where it names them."""

    piece: Piece
    body_format: BodyFormat
    id: int | None
    slug: str


def read_line(line: str) -> Incoming:
    """The summary on this line. Raises ValueError with every reason against it, in words."""
    found = object_on(line)
    expect_keys(found, _KEYS, "this line")
    if ("body" in found) == ("body_html" in found):
        raise ValueError("give either body (Markdown) or body_html")
    manuscript = Manuscript(
        title=text_of(found, "title"),
        date=text_of(found, "date"),
        publication=text_of(found, "publication"),
        body=text_of(found, "body_html" if "body_html" in found else "body"),
        sources=tuple(_source(each) for each in _list(found, "sources")),
        topics=tuple(_topic(each) for each in _list(found, "topics")),
        body_is_html="body_html" in found,
    )
    piece = read(manuscript)
    if isinstance(piece, dict):
        raise ValueError("; ".join(f"{_named(field)}: {fault}" for field, fault in piece.items()))
    if not piece.body:
        raise ValueError("the body is empty")
    return Incoming(
        piece,
        BodyFormat.HTML if "body_html" in found else BodyFormat.MARKDOWN,
        _id(found.get("id")),
        _slug(found.get("slug")),
    )


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{key} must be a list")
    return value


def _source(each: Any) -> Source:
    if not isinstance(each, dict):
        raise ValueError("each of sources must be an object with url, and title and publication where known")
    expect_keys(each, _SOURCE_KEYS, "a source")
    return Source(text_of(each, "url"), text_of(each, "title"), text_of(each, "publication"))


def _topic(each: Any) -> str:
    if not isinstance(each, str):
        raise ValueError("each of topics must be a text")
    return each


def _id(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LARGEST_ID:
        raise ValueError(f"id must be a whole number from 1 to {_LARGEST_ID}")
    return value


def _slug(value: Any) -> str:
    if value is None or value == "":
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_SLUG or not _SLUG.fullmatch(value):
        raise ValueError(f"slug must be 1 to {_LONGEST_SLUG} letters, digits, hyphens, dots or underscores")
    return value


def _named(field: str) -> str:
    kind, _, number = field.partition("-")
    return f"source {int(number) + 1}" if kind == "source" and number else field
