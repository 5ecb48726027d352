"""All links of a page, numbered, for the question which of them is an item."""

from __future__ import annotations

from dataclasses import dataclass

from digest.feeds.listings.guesses import best_recipe
from digest.feeds.listings.items import shelf_by
from digest.feeds.listings.markup import PageNode, read_markup

_MOST_SHOWN = 300
_LONGEST_TEXT = 200
_LONGEST_CONTEXT = 300


@dataclass(frozen=True)
class ListedLink:
    """A link of a page: its number in the page's order from 1, its address and text, and the words around it."""

    number: int
    url: str
    text: str
    context: str


def numbered_links(body: bytes, content_type: str, url: str) -> tuple[ListedLink, ...]:
    """At most 300 links of the page at `url`, those likeliest to be items first, menus and footers last.

    A link's text may be empty where a picture stands for it; its context then tells it. Raises `UnreadableDocument`.
    """
    page = read_markup(body, content_type, url)
    recipe = best_recipe(page)
    likely = {row.link.place for row in shelf_by(recipe, page).rows} if recipe else set()
    links = list(enumerate(page.links(), 1))
    links.sort(key=lambda pair: (pair[1].place not in likely, pair[1].beside, not pair[1].text))
    return tuple(
        ListedLink(number, link.href, link.text[:_LONGEST_TEXT], _context(link)) for number, link in links[:_MOST_SHOWN]
    )


def _context(link: PageNode) -> str:
    """What the nearest elements around a link say beside it."""
    here = link.parent
    for _ in range(4):
        if here is None or len(here.text) > len(link.text) + 3 or here.tag == "body":
            break
        here = here.parent
    return here.text[:_LONGEST_CONTEXT] if here is not None and here.tag not in ("body", "html") else ""
