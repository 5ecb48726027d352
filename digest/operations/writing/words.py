"""Putting words into a summary, and telling whether it has them already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.issues.manuscript import Piece
from digest.domain.writing import markup
from digest.domain.writing.bodies import BodyFormat, body_html
from digest.operations.writing.revising import wording_of
from digest.storage.writing.publications import publication_named
from digest.storage.writing.summaries import SourceLink, Summary
from digest.storage.writing.topics import topics_named


def write(session: Session, now: datetime, summary: Summary, piece: Piece, body_format: str) -> None:
    """Put a piece's words into a summary, in the caller's transaction."""
    summary.title = piece.title
    summary.publication = publication_named(session, piece.publication)
    summary.published_on = piece.published_on
    summary.body_format = body_format
    # What came as HTML is kept sanitised only: nothing else of it is ever shown or exported.
    summary.body = markup.sanitised(piece.body) if body_format == BodyFormat.HTML else piece.body
    summary.body_html = body_html(summary.body, body_format)
    summary.topics = topics_named(session, piece.topics)
    summary.sources = [
        SourceLink(position=position, url=source.url, title=source.title, publication=source.publication)
        for position, source in enumerate(piece.sources)
    ]
    summary.updated_at = now


def says(summary: Summary, piece: Piece) -> bool:
    """Whether the summary has these words already."""
    ours = wording_of(summary)
    theirs = (
        piece.title, piece.published_on, piece.publication, piece.body,
        tuple((source.url, source.title, source.publication) for source in piece.sources),
        frozenset(map(str.casefold, piece.topics)),
    )  # fmt: skip
    return theirs == (
        ours.title, ours.published_on, ours.publication, ours.body,
        tuple((source.url, source.title, source.publication) for source in ours.sources),
        frozenset(map(str.casefold, ours.topics)),
    )  # fmt: skip
