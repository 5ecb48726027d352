"""Which state the public pages are in, as a whole: cheap to ask, so that what was made of them can be kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import FROZEN
from digest.storage.issues.issues import Issue
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import Summary


@dataclass(frozen=True)
class PublicPages:
    """Two that are equal stand for the same pages. Drafts count, too, so that taking a summary back shows."""

    published: int
    versions: int
    issues: int
    changed_at: datetime | None
    renamed_at: datetime | None = None
    """When a publication last got another name, and perhaps its pages other addresses."""


def public_pages(session: Session) -> PublicPages:
    """The state that the session sees, by one statement."""
    past = select(func.count().label("issues"), func.max(Issue.frozen_at).label("frozen_at"))
    past_issues = past.where(Issue.state.in_(FROZEN)).subquery()
    pieces = select(
        func.count(Summary.published_at).label("published"),
        func.coalesce(func.sum(Summary.version), 0).label("versions"),
        func.max(Summary.updated_at).label("updated_at"),
    ).subquery()
    renamed = select(func.max(Publication.renamed_at).label("renamed_at")).subquery()
    together = pieces.join(past_issues, true()).join(renamed, true())
    row = session.execute(select(pieces, past_issues, renamed).select_from(together)).one()
    moments = (row.updated_at, row.frozen_at, row.renamed_at)
    changed_at = max((moment for moment in moments if moment), default=None)
    return PublicPages(row.published, int(row.versions), row.issues, changed_at, row.renamed_at)
