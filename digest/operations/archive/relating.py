"""Related: the published summaries that one resembles most, by the archive's own search index."""

from __future__ import annotations

from sqlalchemy.orm import Session

from digest.operations.archive.covering import Archive
from digest.operations.archive.terms import plain_text
from digest.storage.archive.beside import SummaryLine, lines_of
from digest.storage.writing.summaries import Summary

_LOOKED_AT = 12
"""Drafts, and the summary itself, are among the nearest."""
_MOST = 4


def related(session: Session, summary: Summary) -> list[SummaryLine]:
    """Up to four published summaries, the nearest first."""
    near = Archive(session).resembling(summary.title, plain_text(summary.body_html), _LOOKED_AT)
    return lines_of(session, [key for key, _ in near if key != summary.id])[:_MOST]
