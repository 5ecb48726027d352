"""One line of a leads file, read: the entry on it, or why it can't be taken in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from digest.domain.shared.urls import safe_url
from digest.feeds.base.entries import Entry
from digest.operations.sources.arriving import Candidate

KEYS = ("guid", "url", "title", "lede", "publication", "published_at")


def candidate_on(line: str, now: datetime) -> Candidate:
    """The candidate on this line, arrived when it was published. Raises ValueError with the reason and the remedy."""
    found = _object(line)
    words = {key: _text(found, key) for key in KEYS}
    if not words["title"].strip():
        raise ValueError("title is missing: give the headline")
    url = safe_url(words["url"]) if words["url"].strip() else ""
    published_at = _moment(words["published_at"])
    entry = Entry(words["guid"].strip(), url, words["title"], words["lede"], published_at)
    return Candidate(entry, words["publication"], arrived_at=min(published_at, now) if published_at else now)


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not a JSON object: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object: begin the line with { and end it with }")
    if unknown := sorted(set(found) - set(KEYS)):
        raise ValueError(f"it has {', '.join(unknown)}; known are {', '.join(KEYS)}")
    return found


def _text(found: dict[str, Any], key: str) -> str:
    value = found.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{key} has half of a character (\\ud800 to \\udfff): write the whole one") from None
    return value


def _moment(text: str) -> datetime | None:
    """RFC 3339; a moment without seconds is taken, too."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else None
        found = aware.astimezone(UTC) if aware else None
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise ValueError(f"published_at “{text[:40]}”: write it like 2024-05-15T08:30:00Z, with its zone")
    return found
