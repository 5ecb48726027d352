"""A recipe from an example: the link of an item that an editor chose, and the title shown with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from digest.feeds.listings.fields import fields_of, headers_of
from digest.feeds.listings.guesses import guesses, recipe_of
from digest.feeds.listings.markup import Markup, PageNode
from digest.feeds.listings.recipes import Recipe
from digest.feeds.listings.rows import Shelf, shelves


@dataclass(frozen=True)
class Example:
    """One item as an editor pointed at it: its link's address, and its title or a part of it, or empty."""

    url: str
    title: str = ""


class NoSuchExample(ValueError):
    """The example is not on the page; the message says which."""


def recipe_by(page: Markup, examples: tuple[Example, ...]) -> Recipe:
    """The recipe of the likeliest list that has all the examples in it. Raises `NoSuchExample`."""
    if not examples:
        raise NoSuchExample("Choose one item of the page as an example.")
    links = page.links()
    shown = [_shown(links, example) for example in examples]
    ranked = []
    for shelf in _holding(shelves(links, fewest=1), shown):
        title = _title_key(shelf, shown[0], examples[0].title)
        if examples[0].title and not title:
            continue
        ranked.extend(guesses([shelf], page, title))
    if not ranked and examples[0].title:
        return recipe_by(page, tuple(Example(example.url) for example in examples))
    if not ranked:
        raise NoSuchExample(f"{examples[0].url}: no list on the page has this link in it. Choose another item.")
    return recipe_of(max(ranked, key=lambda guess: guess.score), page)


def _shown(links: list[PageNode], example: Example) -> list[PageNode]:
    """The links that an example can mean: of its address, else of the likest one on the page."""
    for likeness in (_whole, _without_host, _end):
        found = [link for link in links if likeness(link.href) == likeness(example.url)]
        if found:
            return found
    raise NoSuchExample(f"{example.url}: the page has no such link. Choose one of the links that it has.")


def _whole(url: str) -> str:
    return url.partition("#")[0]


def _without_host(url: str) -> str:
    parts = urlsplit(url)
    return f"{unquote(parts.path)}?{parts.query}"


def _end(url: str) -> str:
    return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]


def _holding(candidates: Iterator[Shelf], shown: list[list[PageNode]]) -> Iterator[Shelf]:
    for shelf in candidates:
        places = {row.link.place for row in shelf.rows}
        if all(any(link.place in places for link in links) for links in shown):
            yield shelf


def _title_key(shelf: Shelf, shown: list[PageNode], title: str) -> str:
    """The key of the text that is most like the title shown; empty where none is."""
    if not title:
        return ""
    places = {link.place for link in shown}
    row = next(row for row in shelf.rows if row.link.place in places)
    scored = [(_likeness(field.text, title), field.key) for field in fields_of(row, headers_of(row))]
    likeness, key = max(scored, default=(0.0, ""), key=lambda pair: pair[0])
    return key if likeness >= 0.4 else ""


def _likeness(text: str, title: str) -> float:
    """The words that two texts share, of all their words (Jaccard's index)."""
    one, other = (set(re.findall(r"\w+", each.lower())) for each in (text, title))
    return len(one & other) / (len(one | other) or 1)
