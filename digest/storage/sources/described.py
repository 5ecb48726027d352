"""What sources say of their publications’ articles: their language, and whether they need a subscription."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import known_publication_ids


@dataclass(frozen=True)
class ArticlesOf:
    """Of a publication's articles: the tag of their language, empty where nobody knows it."""

    language: str = ""
    subscription_needed: bool = False


def articles_of(session: Session, publications: Collection[str]) -> dict[str, ArticlesOf]:
    """Those of these publications that have a source, by the names they were asked by.

    Of several sources one that needs a subscription counts; a language counts if all that have one agree.
    """
    ids = known_publication_ids(session, publications) if publications else {}
    if not ids:
        return {}
    asked = select(WatchedSource.publication_id, WatchedSource.language, WatchedSource.subscription_needed)
    found: dict[int, list[tuple[str, bool]]] = {}
    for publication_id, language, needed in session.execute(
        asked.where(WatchedSource.publication_id.in_(ids.values()))
    ):
        found.setdefault(publication_id, []).append((language, needed))
    return {name: _as_one(found[key]) for name, key in ids.items() if key in found}


def _as_one(sources: Collection[tuple[str, bool]]) -> ArticlesOf:
    languages = {language for language, _ in sources if language}
    return ArticlesOf(languages.pop() if len(languages) == 1 else "", any(needed for _, needed in sources))
