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


@dataclass(frozen=True)
class Said:
    """What an editor answered when asked which publication is meant: this one, or (`make`) that there be such a one."""

    name: str
    make: bool = False


def publication_meant(session: Session, typed: str, said: Said | None = None) -> Meant:
    """Case, accents and marks between words aside, a known name is itself. The first of all names is never doubted.

    Nor is a new one that the editor said to make: `said` holds for this very name.
    """
    if said and not said.make:
        typed = said.name
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
    if said and said.make and said.name == typed:
        return Meant(typed, is_new=False)
    return Meant(typed, is_new=True, nearest=tuple(alike(session, typed)))
