"""Entries read from a page by a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from digest.feeds.base.entries import Entry
from digest.feeds.listings.fields import RowField, fields_of, headers_of
from digest.feeds.listings.listed_dates import WrittenDate, date_in_address, dates_in, stamped
from digest.feeds.listings.markup import Markup, PageNode, descend
from digest.feeds.listings.recipes import ABOVE, ADDRESS, Recipe
from digest.feeds.listings.rows import ItemRow, Shelf, address_shape, loose, shelf_of

_MOST_ITEMS = 1_000
_MOST_HEADINGS = 300
_LONGEST_TITLE = 500
_LONGEST_LEDE = 1_000
_STALE_WORDS = re.compile(r"updated|modified|copyright|©|stand:|mis à jour", re.IGNORECASE)


def entries_by(recipe: Recipe, page: Markup) -> tuple[Entry, ...]:
    """The page's entries, in its order; what stands twice on it, word for word, once."""
    rows = list(shelf_by(recipe, page).rows[:_MOST_ITEMS])
    headers = headers_of(rows[0]) if rows else {}
    above = dates_above(rows, page, recipe.day_first) if rows else {}
    found: dict[tuple[str, str], Entry] = {}
    for row in rows:
        fields = fields_of(row, headers)
        title = _value(fields, recipe.title)
        if title:
            entry = _entry(row, fields, title.text, recipe, above.get(row.core.place))
            found.setdefault((entry.url, " ".join(field.text for field in fields)), entry)
    return tuple(_tidied(list(found.values())))


def shelf_by(recipe: Recipe, page: Markup) -> Shelf:
    """The rows that a recipe names: by their whole way, else by its last steps, else by tags alone."""
    named = "." in "".join((*recipe.item[-1:], *recipe.link))
    whole, least = len(recipe.item), 1 if named else 2
    ways = [(steps, False) for steps in range(whole, min(least, whole) - 1, -1)]
    ways += [(steps, True) for steps in range(whole, 2, -1)]
    for beside in (False, True):
        for steps, loosely in ways:
            cores = [node for node in page.nodes if _stands_at(node, recipe.item[-steps:], loosely)]
            links = [link for core in cores for link in _links_in(core, recipe.link, loosely)]
            meant = [link for link in links if _is_meant(link, recipe.address) and (beside or not link.beside)]
            if meant and (len(meant) > 1 or recipe.items < 2):
                return shelf_of(_outermost(cores), meant)
    return Shelf((), 0)


def _is_meant(link: PageNode, address: str) -> bool:
    return not address or address_shape(link.href) == address


def fits(step: str, wanted: str, loosely: bool = False) -> bool:
    """Whether an element's step is the one wanted, or has all its class names and more."""
    if step == wanted:
        return True
    if loose(step) != loose(wanted.replace("*", "")):
        return False
    names = set(wanted.partition(":")[0].split(".")[1:])
    return loosely or wanted.endswith("*") or (bool(names) and names <= set(step.partition(":")[0].split(".")[1:]))


def _stands_at(node: PageNode, wanted: tuple[str, ...], loosely: bool) -> bool:
    here: PageNode | None = node
    for step in reversed(wanted):
        if here is None or not fits(here.step, step, loosely):
            return False
        here = here.parent
    return True


def _outermost(cores: list[PageNode]) -> list[PageNode]:
    """The cores less those within another."""
    kept: set[int] = set()
    found = []
    for core in cores:
        here = core.parent
        while here is not None and here.place not in kept:
            here = here.parent
        if here is None:
            kept.add(core.place)
            found.append(core)
    return found


def _links_in(core: PageNode, way: tuple[str, ...], loosely: bool) -> Iterator[PageNode]:
    level = [core]
    for step in way:
        level = [
            child
            for node in level
            for child in node.children
            if isinstance(child, PageNode) and fits(child.step, step, loosely)
        ]
    yield from (node for node in level if node.href)


def _value(fields: tuple[RowField, ...], key: str) -> RowField | None:
    for field in fields:
        if field.key == key:
            return field
    wanted = _loose_key(key)
    return next((field for field in fields if _loose_key(field.key) == wanted), None)


def _loose_key(key: str) -> str:
    path, _, number = key.partition("@")
    return "/".join(loose(step) for step in path.split("/")) + "@" + number


def _entry(row: ItemRow, fields: tuple[RowField, ...], title: str, recipe: Recipe, above: datetime | None) -> Entry:
    lede = _value(fields, recipe.lede) if recipe.lede else None
    published = _own_date(fields, recipe) or above
    if published is None or recipe.date == ADDRESS:
        published = date_in_address(row.link.href) or published
    return Entry(
        "", row.link.href, title[:_LONGEST_TITLE], lede.text.lstrip(_EDGES)[:_LONGEST_LEDE] if lede else "", published
    )


def _own_date(fields: tuple[RowField, ...], recipe: Recipe) -> datetime | None:
    if recipe.date in ("", ABOVE, ADDRESS):
        return None
    field = _value(fields, recipe.date)
    moment = _moment(field, recipe.day_first) if field else None
    return moment or next((m for m in (_moment(f, recipe.day_first) for f in fields) if m), None)


def _moment(field: RowField, day_first: bool) -> datetime | None:
    stamp = stamped(field.node.stamp) if field.node else None
    if stamp:
        return stamp
    return next((moment for written in dates_in(field.text) if (moment := written.read(day_first))), None)


def dates_above(rows: list[ItemRow], page: Markup, day_first: bool) -> dict[int, datetime]:
    """For each row, by its element's place, the last date said before it outside of all rows."""
    cores = {row.core.place for row in rows}
    inside = {each.place for row in rows for part in row.parts if isinstance(part, PageNode) for each in descend(part)}
    inside |= {row.core.place for row in rows}
    found: dict[int, datetime] = {}
    current: datetime | None = None
    for node in page.nodes:
        if node.place in cores:
            if current:
                found[node.place] = current
        elif node.place not in inside and not node.beside:
            current = _said_by(node, day_first) or current
    return found


def dated_headings(page: Markup) -> list[PageNode]:
    """The elements, at most 300, whose bare text may be a date above items."""
    found = []
    for node in page.nodes:
        if not node.beside and _said_by(node, day_first=True):
            found.append(node)
            if len(found) >= _MOST_HEADINGS:
                break
    return found


def _said_by(node: PageNode, day_first: bool) -> datetime | None:
    bare = " ".join(child for child in node.children if isinstance(child, str))
    if not any(c.isdigit() for c in bare) or len(bare) > 400 or _STALE_WORDS.search(bare):
        return None
    found: list[WrittenDate] = dates_in(" ".join(bare.split()))
    return found[0].read(day_first) if found else None


_REFERENCE = re.compile(r"^(?=\S*\d)[\w./:-]*\d[\w./:-]*(?:\s+[-–:|])?\s+(?=\S)")
_EDGES = " \t,;:|•·–—-"


def _tidied(entries: list[Entry]) -> list[Entry]:
    """Titles less what isn't theirs: a date at either end, and a reference number if each of them has one."""
    bare = [replace(entry, title=_undated(entry.title)) for entry in entries]
    if len(bare) > 1 and all(_REFERENCE.match(entry.title) for entry in bare):
        return [replace(entry, title=_REFERENCE.sub("", entry.title, count=1)) for entry in bare]
    return bare


def _undated(title: str) -> str:
    """The title less a date that it begins or ends with; a short code may follow the date."""
    for written in dates_in(title)[-1:]:
        head, tail = title[: written.start].rstrip(_EDGES + "("), title[written.end :].strip(_EDGES + ")")
        if len(head) > _SHORT and len(tail) <= _CODE and (tail.isupper() or not tail):
            return head.lstrip(_EDGES)
        if not head and len(tail) > _SHORT:
            return tail
    return title.strip(" \t,;|•·–—-")


_SHORT = 8
_CODE = 4
