"""A page without a feed, read as one: its own list found by guess, or by the recipe that an editor's example made."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.feeds.base.entries import Bulletin
from digest.feeds.listings.examples import Example, recipe_by
from digest.feeds.listings.guesses import best_recipe
from digest.feeds.listings.items import entries_by
from digest.feeds.listings.markup import Markup, read_markup
from digest.feeds.listings.recipes import Recipe

_FEWER = 0.34
_SOME_WORDS = 200


@dataclass(frozen=True)
class Listing:
    """What a page brought, how it was read, and whether its make-up seems to have changed since the recipe was made."""

    bulletin: Bulletin
    recipe: Recipe | None
    changed: bool


def read_listing(body: bytes, content_type: str, url: str, recipe: Recipe | None = None) -> Listing:
    """Read the items of the page at `url`. Without a recipe the page's own list is looked for; none may be found.

    Raises `UnreadableDocument` where there is no page. `changed` is told only of a recipe that was given.
    """
    page = read_markup(body, content_type, url)
    used = recipe or best_recipe(page)
    entries = entries_by(used, page) if used else ()
    home = urlsplit(url)._replace(path="/", query="", fragment="").geturl()
    return Listing(Bulletin(page.title, home, page.language, entries), used, _is_changed(recipe, len(entries), page))


def learn(body: bytes, content_type: str, url: str, examples: tuple[Example, ...]) -> Recipe:
    """The recipe that brings all items like the examples: links of the page, each with its title where it was shown.

    Raises `UnreadableDocument` where there is no page, `NoSuchExample` where an example is not on it.
    """
    return recipe_by(read_markup(body, content_type, url), examples)


def _is_changed(recipe: Recipe | None, found: int, page: Markup) -> bool:
    if recipe is None or len(page.root.text) < _SOME_WORDS:
        return False
    return found == 0 or (recipe.items >= 6 and found < recipe.items * _FEWER)
