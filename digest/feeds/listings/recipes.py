"""How to read one page's list: kept with the source as JSON, made by guess or from an editor's example."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

_VERSION = 1
_MOST_STEPS = 120
_LONGEST_STEP = 400

ABOVE = "above"
ADDRESS = "address"


@dataclass(frozen=True)
class Recipe:
    """Where a page's items stand, and where in an item its link, title, date and first lines do.

    Steps are tags with class names that last (`td.title:1`: in a table, the column); `li*` is a `li` of any class.
    `date` may be `above` (a heading before the items) or `address` (the link's). `items` is how many it first brought.
    """

    item: tuple[str, ...]
    link: tuple[str, ...]
    title: str
    date: str = ""
    lede: str = ""
    day_first: bool = False
    items: int = 0
    address: str = ""
    """The host and folder, without numbers, that links must lie in, where some like them don't; else empty."""


def as_json(recipe: Recipe) -> str:
    """The recipe as text to store."""
    return json.dumps({"version": _VERSION, **asdict(recipe)}, ensure_ascii=False)


def recipe_from(stored: str) -> Recipe:
    """The recipe in a stored text. Raises `ValueError` where it is none that this version reads."""
    try:
        found = json.loads(stored)
        if found.pop("version") != _VERSION:
            raise ValueError("made by another version")
        recipe = Recipe(**{**found, "item": tuple(found["item"]), "link": tuple(found["link"])})
        _check(recipe)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"This recipe can't be read ({error}). Show an example on the page again.") from error
    return recipe


def _check(recipe: Recipe) -> None:
    steps = (*recipe.item, *recipe.link, recipe.title, recipe.date, recipe.lede, recipe.address)
    if not recipe.item or not recipe.title or len(recipe.item) + len(recipe.link) > _MOST_STEPS:
        raise ValueError("it names no item or no title")
    if not all(isinstance(step, str) and len(step) <= _LONGEST_STEP * _MOST_STEPS for step in steps):
        raise ValueError("its steps are no words")
    if not isinstance(recipe.day_first, bool) or not isinstance(recipe.items, int):
        raise ValueError("its count or order is none")
