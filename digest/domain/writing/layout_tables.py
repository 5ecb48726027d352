"""Which tables of a page hold data, and which only lay it out."""

from __future__ import annotations

from html.parser import HTMLParser


def tables_of_data(html: str) -> list[bool]:
    """For each table in the order in which they begin, whether it has columns to compare.

    One with another inside, with a single column or marked as presentation only puts things in their place.
    """
    counter = _Counter()
    counter.feed(html)
    counter.close()
    return [not table.nests and table.widest > 1 for table in counter.tables]


class _Shape:
    def __init__(self, nests: bool) -> None:
        self.nests = nests
        self.widest = self.cells = 0


class _Counter(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[_Shape] = []
        self._open: list[_Shape] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            if self._open:
                self._open[-1].nests = True  # those around it do already
            self._open.append(_Shape(nests=("role", "presentation") in attrs))
            self.tables.append(self._open[-1])
        elif self._open and tag == "tr":
            self._open[-1].cells = 0
        elif self._open and tag in ("td", "th"):
            self._open[-1].cells += 1
            self._open[-1].widest = max(self._open[-1].widest, self._open[-1].cells)

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._open:
            self._open.pop()
