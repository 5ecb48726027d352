"""How a page source is read through its site's sitemap: kept with the source as JSON, in a list's recipe's place."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class SitemapRecipe:
    """`under` is the beginning of the paths that count, empty for all of the site; the rest is of an index alone.

    `child` is the sitemap that was read last of those that an index names, with what it gave to ask it again by.
    """

    under: str = ""
    child: str = ""
    etag: str = ""
    last_modified: str = ""


def as_sitemap_json(recipe: SitemapRecipe) -> str:
    """The recipe as text to store."""
    return json.dumps({"sitemap": asdict(recipe)}, ensure_ascii=False)


def sitemap_recipe_from(stored: str) -> SitemapRecipe | None:
    """The recipe in a stored text; None where it is a list's, or none."""
    if not stored.startswith('{"sitemap"'):
        return None
    try:
        said: Any = json.loads(stored)["sitemap"]
        return SitemapRecipe(**{name: str(value) for name, value in said.items()})
    except (ValueError, TypeError, AttributeError):
        return None
