"""Public addresses with the slug of a publication or topic that has another now."""

from __future__ import annotations

from collections.abc import Mapping

from digest.storage.writing.names import PUBLICATIONS, TOPICS, NameKind, slugs_now
from digest.web.shared.context import reading

_ASKED_BY = {"publication": PUBLICATIONS, "topic": TOPICS}


def slug_now(kind: NameKind, slug: str) -> str | None:
    """The slug that took the place of this one; None where this is one of today, or nobody's."""
    if "\0" in slug:  # PostgreSQL takes none
        return None
    return slugs_now(reading(), kind, [slug]).get(slug)


def with_slugs_of_today(args: Mapping[str, str]) -> dict[str, str] | None:
    """The archive's question with the slugs of today; None where it has no others."""
    now = {word: found for word, kind in _ASKED_BY.items() if (found := args.get(word) and slug_now(kind, args[word]))}
    return {**args, **now} if now else None
