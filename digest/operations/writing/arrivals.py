"""A summary that arrives in a file, ready to be stored: checked, sanitised and rendered before any lock is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from digest.domain.shared.slugs import slugify, spelling
from digest.domain.writing.archived import OtherNames, SourceRow, StoredSummary
from digest.domain.writing.bodies import BodyFormat, body_html
from digest.domain.writing.markup import sanitised
from digest.operations.writing.summary_lines import read_line
from digest.storage.writing.import_spool import SpooledLine


@dataclass(frozen=True)
class Arrival:
    """What a line says, as it would be stored; id and slug where the line names them."""

    title: str
    published_on: date
    publication: str
    body: str
    body_format: str
    body_html: str
    sources: tuple[SourceRow, ...]
    topics: tuple[str, ...]
    id: int | None
    slug: str

    @property
    def own_slug(self) -> str:
        """The slug that its permanent address gets."""
        return self.slug or slugify(self.title) or "summary"


def arrival_on(line: str) -> Arrival:
    """The summary on this line. Raises ValueError with every reason against it, in words."""
    incoming = read_line(line)
    piece = incoming.piece
    # What came as HTML is kept sanitised only: nothing else of it is ever shown or exported.
    body = sanitised(piece.body) if incoming.body_format == BodyFormat.HTML else piece.body
    return Arrival(
        title=piece.title,
        published_on=piece.published_on,
        publication=piece.publication,
        body=body,
        body_format=incoming.body_format.value,
        body_html=body_html(body, incoming.body_format),
        sources=tuple(SourceRow(source.url, source.title, source.publication) for source in piece.sources),
        topics=piece.topics,
        id=incoming.id,
        slug=incoming.slug,
    )


def packed(number: int, arrival: Arrival) -> SpooledLine:
    """The arrival as a line of the spool. Raises ValueError for what no database holds."""
    sources = [(source.url, source.title, source.publication) for source in arrival.sources]
    words = (
        arrival.title, arrival.published_on.isoformat(), arrival.publication, arrival.body, arrival.body_format,
        arrival.body_html, sources, arrival.topics, arrival.id, arrival.slug,
    )  # fmt: skip
    payload = json.dumps(words, ensure_ascii=False)
    try:
        payload.encode()
    except UnicodeEncodeError:
        raise ValueError("it has a \\ud800 to \\udfff, half of a character: write the whole one") from None
    return SpooledLine(number, arrival.id, likeness(arrival.title, arrival.published_on, arrival.publication), payload)


def unpacked(payload: str) -> Arrival:
    """The arrival that a line of the spool holds."""
    title, day, publication, body, body_format, html, sources, topics, key, slug = json.loads(payload)
    return Arrival(
        title, date.fromisoformat(day), publication, body, body_format, html,
        tuple(SourceRow(*source) for source in sources), tuple(topics), key, slug,
    )  # fmt: skip


def likeness(title: str, published_on: date, publication: str) -> bytes:
    """The same for summaries that are taken for one where no id is named: equal title, date and publication, however
    that is spelt.
    """
    words = "\n".join((title, published_on.isoformat(), spelling(publication)))
    return blake2b(words.encode(), digest_size=16).digest()


def as_stored(arrival: Arrival) -> StoredSummary:
    """The arrival as the archive would have it."""
    return StoredSummary(
        arrival.id or 0, arrival.title, arrival.published_on, arrival.publication, arrival.body, arrival.body_format,
        arrival.own_slug, True, arrival.sources, frozenset(map(spelling, arrival.topics)),
    )  # fmt: skip


def clash(arrival: Arrival, there: StoredSummary, others: OtherNames) -> str:
    """Why the line can't have its id, which that summary has; "" where both are the same, by whichever names."""
    different = _differences(arrival, there, others)
    if not different:
        return ""
    return (
        f"id {arrival.id} belongs to another summary, “{there.title[:80]}” "
        f"(it differs in {', '.join(different)}). Leave the id out, or mend it."
    )


def _differences(arrival: Arrival, there: StoredSummary, others: OtherNames) -> list[str]:
    ours, theirs = _compared(there, others), _compared(as_stored(arrival), others)
    if not arrival.slug:
        del theirs["slug"]
    found = [key for key, value in theirs.items() if ours.get(key) != value]
    return found if there.is_published else [*found, "being a draft"]


def _compared(summary: StoredSummary, others: OtherNames) -> dict[str, Any]:
    publication = spelling(summary.publication)
    body: Mapping[str, Any] = {
        "body_html" if summary.body_format == BodyFormat.HTML else "body": summary.body,
    }
    return {
        "title": summary.title,
        "date": summary.published_on,
        "publication": others.publications.get(publication, publication),
        **body,
        "sources": summary.sources,
        "slug": summary.slug,
        "topics": {others.topics.get(topic, topic) for topic in summary.topics},
    }
