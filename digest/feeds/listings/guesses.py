"""The list that a page is about, guessed: what repeats, has titles and dates, and stands in the midst of the page."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import fmean
from urllib.parse import urlsplit

from digest.feeds.listings.choice import Choice, choose
from digest.feeds.listings.fields import RowField, fields_of, headers_of
from digest.feeds.listings.items import dated_headings, dates_above
from digest.feeds.listings.listed_dates import date_in_address, is_day_first
from digest.feeds.listings.markup import Markup, PageNode
from digest.feeds.listings.recipes import ABOVE, ADDRESS, Recipe
from digest.feeds.listings.rows import ItemRow, Shelf, loose, shelves

_MOST_SHELVES = 40
_SAMPLE = 30
_HELP = re.compile(
    r"help|search|docket|pacer|details|contact|login|faq|rss|mailto|print|share|about|tag/|category|author|page=|sort|order=|#",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"\.(?:pdf|docx?|mp[34]|html?|xml|odt)$|download|document|opinion|press|news|article|release", re.IGNORECASE
)


@dataclass(frozen=True)
class Guess:
    """A shelf with what its rows say and how much it is like the page's list."""

    shelf: Shelf
    choice: Choice
    score: float


def best_recipe(page: Markup) -> Recipe | None:
    """The recipe of the page's own list; None where nothing on it is like one."""
    found = guesses(shelves(page.links()), page)
    return recipe_of(found[0], page) if found else None


def guesses(candidates: Iterable[Shelf], page: Markup, title: str = "") -> list[Guess]:
    """The candidates that may be lists, the likeliest first."""
    promising = sorted(candidates, key=_promise, reverse=True)[:_MOST_SHELVES]
    headings = dated_headings(page)
    found = [_guess(shelf, title, headings) for shelf in promising]
    return sorted((guess for guess in found if guess.score > 0), key=lambda guess: guess.score, reverse=True)


def recipe_of(guess: Guess, page: Markup) -> Recipe:
    """A guess as a recipe, with the page's order of day and month and where its dates stand."""
    rows = guess.shelf.rows
    headers = headers_of(rows[0])
    texts = [field.text for row in rows[:200] for field in fields_of(row, headers) if field.key == guess.choice.date]
    day_first = is_day_first(texts, page.language, urlsplit(page.url).hostname or "")
    date = guess.choice.date
    if guess.choice.dated < 0.5:
        date = ADDRESS if fmean(bool(date_in_address(row.link.href)) for row in rows) > 0.7 else date
        if date != ADDRESS and dates_above(list(rows), page, day_first):
            date = ABOVE
    item = _common(row.core.steps() for row in rows)
    link = _common(row.link.steps()[len(row.core.steps()) :] for row in rows)
    address = guess.shelf.address
    return Recipe(item, link, guess.choice.title, date, guess.choice.lede, day_first, len(rows), address)


def _common(ways: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The last steps that all ways share; where class names differ, the tag with a star."""
    found: list[str] = []
    for steps in zip(*(reversed(way) for way in ways), strict=False):
        if len({loose(step) for step in steps}) > 1:
            break
        found.append(steps[0] if len(set(steps)) == 1 else loose(steps[0]) + "*")
    return tuple(reversed(found))


def _promise(shelf: Shelf) -> float:
    """A quick look: many links with something to say, not beside the page's matter."""
    sample = shelf.rows[:_SAMPLE]
    said = fmean(min(len(row.core.text), 120) + 20 * min(len(row.parts), 4) for row in sample)
    return said * sqrt(min(len(shelf.rows), 40)) * (0.3 if sample[0].link.beside else 1.0)


def _guess(shelf: Shelf, title: str, headings: list[PageNode]) -> Guess:
    headers = headers_of(shelf.rows[0])
    fields = [fields_of(row, headers) for row in shelf.rows[:_SAMPLE]]
    choice = choose(fields, title)
    score = choice.title_score * sqrt(min(len(shelf.rows), 30))
    score *= 1 + 2 * _dated(shelf, choice, headings)
    score *= _place(shelf.rows) * _links(shelf) * (0.6 + min(_said(fields), 120) / 200)
    return Guess(shelf, choice, score)


def _dated(shelf: Shelf, choice: Choice, headings: list[PageNode]) -> float:
    """How many of the rows have a date: their own, in the address, or above; the last two count for less."""
    if choice.dated >= 0.5:
        return choice.dated
    if _headings_among(shelf.rows, headings) > 1:
        return 0.7
    return 0.5 * fmean(1.0 if date_in_address(row.link.href) else 0.0 for row in shelf.rows[:_SAMPLE])


def _headings_among(rows: tuple[ItemRow, ...], headings: list[PageNode]) -> int:
    """How many of the headings stand before or between rows, in none of them, each with a row of its own below."""
    cores = [row.core.place for row in rows]
    inside = set(cores)
    found = set()
    for heading in headings:
        here: PageNode | None = heading
        while here is not None and here.place not in inside:
            here = here.parent
        if here is None and heading.place < cores[-1]:
            found.add(bisect_left(cores, heading.place))
    return len(found)


def _place(rows: tuple[ItemRow, ...]) -> float:
    beside = fmean(1.0 if row.link.beside else 0.0 for row in rows[:_SAMPLE])
    main = fmean(1.0 if row.link.main else 0.0 for row in rows[:_SAMPLE])
    return (1 - 0.8 * beside) * (1 + 0.25 * main)


def _links(shelf: Shelf) -> float:
    """Whether the links are one a row, all different, and lead to documents rather than to help."""
    rows = shelf.rows
    addresses = [row.link.href for row in rows]
    distinct = len(set(addresses)) / len(rows)
    helping = fmean(1.0 if _is_help(row.link) else 0.0 for row in rows[:_SAMPLE])
    documents = fmean(1.0 if _DOCUMENT.search(_path(row.link)) else 0.0 for row in rows[:_SAMPLE])
    return distinct * (1 - 0.5 * helping) * (1 + 0.25 * documents) / sqrt(shelf.links / len(rows))


def _is_help(link: PageNode) -> bool:
    return bool(_HELP.search(_path(link)) or _HELP.search(link.text[:60]))


def _path(link: PageNode) -> str:
    parts = urlsplit(link.href)
    return f"{parts.path}?{parts.query[:60]}" if parts.query else parts.path


def _said(fields: list[tuple[RowField, ...]]) -> float:
    return fmean(
        sum(len(field.text) for field in row if field.node is None or not field.node.children) for row in fields
    )
