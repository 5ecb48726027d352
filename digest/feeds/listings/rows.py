"""Rows: what repeats on a page, each time with a link of the same place and kind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.feeds.listings.gaps import Part, spread
from digest.feeds.listings.markup import BLOCKS, PageNode

_MOST_LINKS = 6_000
_MOST_PER_ROW = 8
_MOST_STEPS = 4
_LONGEST_LINE = 4_000


@dataclass(frozen=True)
class ItemRow:
    """What one item takes up on the page: its element, the neighbours that go with it, and its link."""

    core: PageNode
    link: PageNode
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Shelf:
    """Rows of one make-up, in the page's order; `links` counts all links of their kind in them."""

    rows: tuple[ItemRow, ...]
    links: int
    address: str = ""
    """What the links' addresses have in common, where only links with that are meant."""


def loose(step: str) -> str:
    """A step without its class names."""
    name, _, column = step.partition(":")
    return name.partition(".")[0] + (f":{column}" if column else "")


def shelves(links: list[PageNode], fewest: int = 2) -> Iterator[Shelf]:
    """All ways to see rows in a page's links, the narrower before the wider."""
    seen: set[tuple[int, ...]] = set()
    for alike, address in _alike(links[:_MOST_LINKS]):
        if len(alike) < fewest:
            continue
        for cores in _levels(alike, fewest):
            mark = (alike[0].place, len(alike), len(cores), cores[0].place, cores[-1].place)
            if mark not in seen:
                seen.add(mark)
                yield shelf_of(cores, alike, address)


def shelf_of(cores: list[PageNode], links: Iterable[PageNode], address: str = "") -> Shelf:
    """The rows around `cores`, each with the first of `links` that lies in it."""
    first: dict[int, PageNode] = {}
    wanted = {core.place for core in cores}
    count = 0
    for link in links:
        node: PageNode | None = link
        while node is not None and node.place not in wanted:
            node = node.parent
        if node is not None:
            count += 1
            first.setdefault(node.place, link)
    linked = [core for core in cores if core.place in first]
    return Shelf(tuple(ItemRow(core, first[core.place], parts) for core, parts in spread(linked)), count, address)


def address_shape(url: str) -> str:
    """The folder that an address lies in, without its numbers."""
    parts = urlsplit(url)
    return f"{parts.netloc}{re.sub(r'[0-9]+', '0', parts.path.rpartition('/')[0])}"


def _alike(links: list[PageNode]) -> Iterator[tuple[list[PageNode], str]]:
    """Links of one place and kind: by all steps, by tags alone, and by the last two steps wherever they are."""
    for name in (_step, _loose_step):
        known: dict[tuple[int, str], int] = {}
        paths: dict[int, int] = {}
        groups = _grouped(links, lambda link, n=name, k=known, p=paths: str(_path(link, n, k, p)))  # type: ignore[misc]
        for group in groups:
            yield group, ""
            if len(group) > 2 and group[0].parent is not None and len({each.parent for each in group}) == 1:
                yield from ((part, address_shape(part[0].href)) for part in _grouped(group, _shape) if part != group)
    for group in _grouped(links, lambda link: f"{link.parent.step if link.parent else ''}/{link.step}"):
        if len({link.depth for link in group}) > 1:
            yield group, ""


def _shape(link: PageNode) -> str:
    return address_shape(link.href)


def _step(node: PageNode) -> str:
    return node.step


def _loose_step(node: PageNode) -> str:
    return loose(node.step)


def _grouped(links: list[PageNode], name: Callable[[PageNode], str]) -> list[list[PageNode]]:
    groups: dict[str, list[PageNode]] = defaultdict(list)
    for link in links:
        groups[name(link)].append(link)
    return list(groups.values())


def _path(
    node: PageNode, name: Callable[[PageNode], str], known: dict[tuple[int, str], int], paths: dict[int, int]
) -> int:
    """A number that is the same for elements whose steps from the root are the same."""
    chain = []
    here: PageNode | None = node
    while here is not None and here.place not in paths:
        chain.append(here)
        here = here.parent
    number = paths[here.place] if here is not None else -1
    for each in reversed(chain):
        number = known.setdefault((number, name(each)), len(known))
        paths[each.place] = number
    return number


def _levels(alike: list[PageNode], fewest: int) -> Iterator[list[PageNode]]:
    """From the links outwards: each level at which they still lie in elements of their own, as far out as it holds."""
    level = alike
    while True:
        outer = list({node.parent.place: node.parent for node in level if node.parent is not None}.values())
        if len(outer) < len(level):
            if len(alike) <= _MOST_PER_ROW * len(level):
                yield level
            if len(outer) < fewest:
                return
        if any(node.tag in ("body", "html") for node in outer) or len({node.step for node in outer}) > _MOST_STEPS:
            return
        level = outer


def is_line(node: PageNode) -> bool:
    """Whether an element's text runs on without a break in its midst."""
    if node.known_line is None:
        node.known_line = len(node.text) <= _LONGEST_LINE and _runs_on(node)
    return node.known_line


def _runs_on(node: PageNode) -> bool:
    said = broken = False
    waiting: list[Part] = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            if here.strip():
                if broken:
                    return False
                said = True
        else:
            broken = broken or (said and here.tag in BLOCKS)
            if here.tag in BLOCKS and here is not node and here.tag != "br":
                waiting.append(_END)
            waiting.extend(reversed(here.children))
    return True


_END = PageNode("br", "br", None, 0, -1)
