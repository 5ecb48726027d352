"""Which publication is meant by what somebody typed: one that there is, or a new one that they must say they mean."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.shared.slugs import folded
from digest.operations.writing.naming import alike
from digest.storage.writing.publications import Publication, known_publication_ids, publication_names


@dataclass(frozen=True)
class Meant:
    """The name as the archive has it; `is_new` if it has none alike, and then up to three are `nearest`."""

    name: str
    is_new: bool
    nearest: tuple[str, ...] = ()


def publication_meant(session: Session, typed: str) -> Meant:
    """Case, accents and marks between words aside, a known name is itself. The first of all names is never doubted."""
    names = publication_names(session)
    if not names:
        return Meant(typed, is_new=False)
    if known := known_publication_ids(session, [typed]):
        return Meant(session.get_one(Publication, next(iter(known.values()))).name, is_new=False)
    by_fold: dict[str, str] = {}
    for name in names:
        by_fold.setdefault(folded(name), name)
    wanted = folded(typed)
    if wanted in by_fold:
        return Meant(by_fold[wanted], is_new=False)
    return Meant(typed, is_new=True, nearest=tuple(alike(session, typed)))
