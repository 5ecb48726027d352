"""What stands in a row: its texts, each under a name by which the same text is found in the other rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from digest.feeds.listings.gaps import Part
from digest.feeds.listings.markup import BLOCKS, HEADINGS, PageNode, descend
from digest.feeds.listings.rows import ItemRow, is_line

_MOST_FIELDS = 60
_LONGEST_TEXT = 4_000


@dataclass(frozen=True)
class RowField:
    """A text of a row. `key` tells its way from the row and its number there: `tr/td.title:1/a@0`."""

    key: str
    text: str
    hints: str
    node: PageNode | None
    holds_link: bool


def fields_of(row: ItemRow, headers: dict[int, str]) -> tuple[RowField, ...]:
    """The texts of a row in its order: of elements, of lines, and of bare text between elements."""
    found: list[RowField] = []
    counts: Counter[str] = Counter()
    for path, text, node, parent in _texts(row.parts, "", None):
        if len(found) >= _MOST_FIELDS:
            break
        key = f"{path}@{counts[path]}"
        counts[path] += 1
        found.append(
            RowField(key, text[:_LONGEST_TEXT], _hints(node or parent, row, headers), node, _is_at(node, row.link))
        )
    return tuple(found)


def headers_of(row: ItemRow) -> dict[int, str]:
    """What the head of the row's table says about each column, in small letters."""
    table: PageNode | None = row.core
    while table is not None and table.tag != "table":
        table = table.parent
    if table is None:
        return {}
    for node in descend(table):
        if node.tag == "tr" and node.place < row.core.place:
            cells = [child for child in node.children if isinstance(child, PageNode) and child.column >= 0]
            if len(cells) > 1 and all(len(cell.text) < 80 for cell in cells):
                return {cell.column: cell.text.lower() for cell in cells}
        if node.place >= row.core.place:
            break
    return {}


def _texts(
    parts: tuple[Part, ...] | list[Part], path: str, parent: PageNode | None
) -> Iterator[tuple[str, str, PageNode | None, PageNode | None]]:
    yield from _lines(parts, path, parent)
    for part in parts:
        if isinstance(part, str) or not part.text:
            continue
        here = f"{path}/{part.step}" if path else part.step
        if is_line(part):
            yield here, part.text, part, parent
        if len(part.children) > 1 or not isinstance(part.children[0], str):
            yield from _texts(part.children, here, part)


def _lines(
    parts: tuple[Part, ...] | list[Part], path: str, parent: PageNode | None
) -> Iterator[tuple[str, str, PageNode | None, PageNode | None]]:
    """Lines that begin with or hold bare text, and the bare texts in them."""
    line: list[Part] = []
    for part in [*parts, None]:
        if part is None or (isinstance(part, PageNode) and not (is_line(part) and part.tag not in BLOCKS)):
            bare = [text for text in (" ".join(each.split()) for each in line if isinstance(each, str)) if text]
            if bare:
                whole = " ".join(" ".join(each if isinstance(each, str) else each.text for each in line).split())
                yield f"{path}/#" if path else "#", whole, None, parent
                if len(line) > 1:
                    for text in bare:
                        yield f"{path}/~" if path else "~", text, None, parent
            line = []
        else:
            line.append(part)


def _hints(node: PageNode | None, row: ItemRow, headers: dict[int, str]) -> str:
    """Class names, ids and column headings that say what a text is."""
    words: list[str] = []
    while node is not None and node.depth >= row.core.depth and len(words) < 6:
        words.append(node.hints)
        if node.tag in _TELLING:
            words.append(node.tag)
        if node.column in headers:
            words.append(headers[node.column])
        node = node.parent
    return " ".join(word for word in words if word)


_TELLING = HEADINGS | {"b", "strong", "time", "small", "em", "i"}


def _is_at(node: PageNode | None, link: PageNode) -> bool:
    """Whether a text is the link's own, or a bit more or less than it."""
    if node is None:
        return False
    inner, outer = (node, link) if node.depth >= link.depth else (link, node)
    here: PageNode | None = inner
    while here is not None and here.depth > outer.depth:
        here = here.parent
    return here is outer and len(outer.text) <= len(inner.text) + 12
