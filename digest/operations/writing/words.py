"""Putting words into a summary, and telling whether it has them already."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import Piece
from digest.domain.writing import markup
from digest.domain.writing.bodies import BodyFormat, body_html
from digest.operations.writing.revising import wording_of
from digest.storage.writing.publications import publication_named
from digest.storage.writing.summaries import ABOUT_THE_ADDRESS, SourceLink, Summary
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
    known = {link.url: link for link in summary.sources}
    summary.sources = [
        _source_link(position, source, known.get(source.url)) for position, source in enumerate(piece.sources)
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


def _source_link(position: int, source: Source, known: SourceLink | None) -> SourceLink:
    """The source link; what is known of its address stays known, whatever else of the summary is changed."""
    link = SourceLink(position=position, url=source.url, title=source.title, publication=source.publication)
    for name in ABOUT_THE_ADDRESS if known else ():
        setattr(link, name, getattr(known, name))
    return link
