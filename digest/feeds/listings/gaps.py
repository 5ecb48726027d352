"""What goes with a row's element among its neighbours: lines, terms and details that stand beside rather than in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from digest.feeds.listings.markup import HEADINGS, PageNode

_SHARED = 0.6
_MOST_AFTER = 4
_LEADERS = HEADINGS | {"dt"}

Part = PageNode | str


def spread(cores: list[PageNode]) -> Iterator[tuple[PageNode, tuple[Part, ...]]]:
    """Each core with what goes with it among its neighbours."""
    anchors = _anchors(cores)
    groups: dict[int, list[PageNode]] = defaultdict(list)
    for anchor in anchors:
        groups[anchor.parent.place if anchor.parent else -1].append(anchor)
    rows: dict[int, tuple[Part, ...]] = {}
    for group in groups.values():
        parent = group[0].parent
        if parent is None or len(group) < 2:
            rows.update({anchor.place: (anchor,) for anchor in group})
        else:
            rows.update(_slices(parent, group))
    for core, anchor in zip(cores, anchors, strict=True):
        yield core, rows[anchor.place]


def _anchors(cores: list[PageNode]) -> list[PageNode]:
    """The cores, but where most are neighbours, those wrapped deeper by their wrapping, as unclosed paragraphs do."""
    parents = Counter(core.parent.place if core.parent else -1 for core in cores)
    home, count = parents.most_common(1)[0]
    if len(parents) == 1 or count < _SHARED * len(cores):
        return cores
    anchors = [_within(core, home) for core in cores]
    return anchors if len({anchor.place for anchor in anchors}) == len(cores) else cores


def _within(core: PageNode, home: int) -> PageNode:
    """The element around a core that lies directly in `home`; the core itself where none does."""
    here = core
    while here.parent is not None and here.parent.place != home:
        here = here.parent
    return here if here.parent is not None else core


def _slices(parent: PageNode, cores: list[PageNode]) -> dict[int, tuple[Part, ...]]:
    gaps = _gaps(parent, {core.place for core in cores})
    inner = gaps[1:-1]
    shared = _shared(inner)
    if not shared:
        return {core.place: (core,) for core in cores}
    cuts = _cutter(inner)
    lead = _lead(gaps) if cuts is None else 0
    before: list[list[Part]] = []
    after: list[list[Part]] = []
    for number, gap in enumerate(gaps):
        heads, tails = _cut(gap, cuts, lead, number == 0, number == len(gaps) - 1)
        after.append(heads)
        before.append(tails)
    return {core.place: (*before[n], core, *after[n + 1]) for n, core in enumerate(cores)}


def _gaps(parent: PageNode, cores: set[int]) -> list[list[Part]]:
    gaps: list[list[Part]] = [[]]
    for child in parent.children:
        if isinstance(child, PageNode) and child.place in cores:
            gaps.append([])
        elif isinstance(child, PageNode) or child.strip():
            gaps[-1].append(child)
    return gaps


def _shared(inner: list[list[Part]]) -> set[str]:
    """What most gaps between rows have in them, and so belongs to the rows."""
    counts = Counter(kind for gap in inner for kind in {_kind(part) for part in gap if _says(part)})
    return {kind for kind, count in counts.items() if count >= _SHARED * len(inner)}


def _kind(part: Part) -> str:
    return "" if isinstance(part, str) else part.step


def _says(part: Part) -> bool:
    return bool(part.strip()) if isinstance(part, str) else bool(part.text)


def _cutter(inner: list[list[Part]]) -> str | None:
    """The strongest kind of line that is drawn in most gaps."""
    for cutter in ("rule", "heading", "blank"):
        drawn = sum(1 for gap in inner if _cut_places(gap, cutter))
        if drawn >= _SHARED * len(inner):
            return cutter
    return None


def _cut_places(gap: list[Part], cutter: str) -> list[int]:
    """Where in a gap a new row may begin."""
    if cutter == "rule":
        return [n + 1 for n, part in enumerate(gap) if isinstance(part, PageNode) and part.tag == "hr"]
    if cutter == "heading":
        return [n for n, part in enumerate(gap) if isinstance(part, PageNode) and part.tag in _LEADERS and part.text]
    empty = [isinstance(part, PageNode) and part.tag in ("br", "p", "div") and not part.text for part in gap]
    pairs = [n + 1 for n in range(1, len(gap)) if empty[n] and empty[n - 1]]
    lone = [n + 1 for n, part in enumerate(gap) if empty[n] and isinstance(part, PageNode) and part.tag != "br"]
    return [n for n in (pairs or lone) if n + 1 not in (pairs or lone)]


def _lead(gaps: list[list[Part]]) -> int:
    """How many parts at a gap's end go with the row after it: as many as stand alike before the first row.

    None where all that a gap has stands after the last row, too: then it goes with the row before it.
    """
    usual = Counter(tuple(_kind(part) for part in gap) for gap in gaps[1:-1]).most_common(1)[0][0]
    first, last = tuple(map(_kind, gaps[0])), tuple(map(_kind, gaps[-1]))
    if last[: len(usual)] == usual:
        return 0
    return max((n for n in range(1, len(usual) + 1) if first[-n:] == usual[-n:]), default=0)


def _cut(
    gap: list[Part], cutter: str | None, lead: int, is_first: bool, is_last: bool
) -> tuple[list[Part], list[Part]]:
    """A gap as what goes with the row before it and what goes with the row after it."""
    if cutter is None:
        middle = len(gap) - lead
        return ([], gap[middle:]) if is_first else (gap[:_MOST_AFTER], []) if is_last else (gap[:middle], gap[middle:])
    places = _cut_places(gap, cutter)
    if not places:
        return ([], gap[-_MOST_AFTER:]) if is_first else (gap[:_MOST_AFTER] if is_last else gap, [])
    return gap[: places[0]], gap[places[-1] :]
