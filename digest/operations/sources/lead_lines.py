"""One line of a leads file, read: the entry on it, or why it can't be taken in."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.domain.shared.urls import safe_url
from digest.feeds.base.entries import Entry
from digest.operations.shared.json_lines import expect_keys, object_on, whole_text_of
from digest.operations.sources.arriving import Candidate

KEYS = ("guid", "url", "title", "lede", "publication", "published_at")


def candidate_on(line: str, now: datetime) -> Candidate:
    """The candidate on this line, arrived when it was published. Raises ValueError with the reason and the remedy."""
    found = object_on(line)
    expect_keys(found, KEYS)
    words = {key: whole_text_of(found, key) for key in KEYS}
    if not words["title"].strip():
        raise ValueError("title is missing: give the headline")
    url = safe_url(words["url"]) if words["url"].strip() else ""
    published_at = _moment(words["published_at"])
    entry = Entry(words["guid"].strip(), url, words["title"], words["lede"], published_at)
    return Candidate(entry, words["publication"], arrived_at=min(published_at, now) if published_at else now)


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
