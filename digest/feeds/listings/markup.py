"""A page as a small tree of our own: what can be seen, cut to a bearable size, each element with a name that lasts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from lxml import etree

from digest.feeds.base.entries import UnreadableDocument
from digest.feeds.base.page_bytes import parsed_page

_MOST_ELEMENTS = 15_000
_DEEPEST = 90
_LONGEST_ADDRESS = 2_000

_UNSEEN = {"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "embed", "canvas", "head"} | {
    "select",
    "textarea",
    "video",
    "audio",
    "map",
    "datalist",
}
_BESIDE = frozenset({"nav", "footer", "aside"})
_BESIDE_ROLES = frozenset({"navigation", "contentinfo", "banner", "complementary", "menu", "menubar", "search"})
_BESIDE_NAMES = re.compile(
    r"(?:^|\s)(?!(?:has|no|with|without|is)-)(?:[\w-]*[_-])?(?:nav|navbar|navigation|menu|footer|side-?bar|bread-?crumbs?"
    r"|pager|pagination|share|social|cookies?|skip|toolbar)(?:[_-][\w-]*)?(?=$|\s)"
)
_HIDDEN_NAMES = re.compile(r"(?:^|\s)(?:visually-?hidden|sr-only|screen-reader-text|element-invisible)(?:$|\s)")
_PASSING_CLASS = re.compile(
    r"^(?:odd|even|first|last|active|current|selected|open|closed|collapsed|new|unread|sticky|alt|hover|clearfix)$"
    r"|(?:^|[-_])(?:row|item|post|node|entry|id|nth|index|page)[-_]?\d+|^(?!col)\S*\d{2,}"
)


@dataclass(slots=True, eq=False)
class PageNode:
    """One element that is seen. `step` is its tag, its lasting class names and, in a table, its column."""

    tag: str
    step: str
    parent: PageNode | None
    depth: int
    place: int
    href: str = ""
    stamp: str = ""
    hints: str = ""
    beside: bool = False
    main: bool = False
    column: int = -1
    children: list[PageNode | str] = field(default_factory=list)
    known_text: str | None = None
    known_line: bool | None = None

    @property
    def text(self) -> str:
        """All that it says, with single spaces."""
        if self.known_text is None:
            self.known_text = " ".join("".join(_texts(self)).split())
        return self.known_text

    def steps(self) -> tuple[str, ...]:
        """The steps from the page's root to here."""
        found = []
        node: PageNode | None = self
        while node is not None:
            found.append(node.step)
            node = node.parent
        return tuple(reversed(found))


@dataclass(frozen=True)
class Markup:
    """A page: its root, all its elements in order, and what it says about itself."""

    root: PageNode
    nodes: tuple[PageNode, ...]
    url: str
    title: str
    language: str

    def links(self) -> list[PageNode]:
        """The links to other documents, in the page's order."""
        return [node for node in self.nodes if node.href]


def read_markup(body: bytes, content_type: str, url: str) -> Markup:
    """Read a page served from `url`. Raises `UnreadableDocument` where there is none in it.

    Scripts and what else can't be seen are left out, and so is all beyond 15,000 elements or 90 levels.
    """
    root = parsed_page(body, content_type)
    base = _base(root, url)
    nodes = _nodes(root, base)
    if not nodes:
        raise UnreadableDocument("The page is empty.")
    title = " ".join("".join(root.xpath("string(//head/title | //title)")).split())
    return Markup(
        nodes[0], tuple(nodes), url, title[:300], (root.get("lang") or root.get(_XML_LANG) or "").strip()[:20]
    )


_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def descend(node: PageNode) -> Iterator[PageNode]:
    """The element itself and all within it, in the page's order."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        waiting.extend(child for child in reversed(here.children) if isinstance(child, PageNode))


def absolute(base: str, href: str) -> str:
    """The http or https address that a link leads to, without its fragment; empty for any other."""
    cleaned = "".join(c for c in href if c >= " ").strip().replace("\\", "/")
    if not cleaned or cleaned.startswith("#") or len(cleaned) > _LONGEST_ADDRESS:
        return ""
    try:
        parts = urlsplit(cleaned if cleaned.startswith(("http://", "https://")) else urljoin(base, cleaned))
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    whole = parts.geturl() if not parts.fragment else parts._replace(fragment="").geturl()
    return whole.replace(" ", "%20")


def _base(root: etree._Element, url: str) -> str:
    named = root.find(".//base[@href]")
    return (absolute(url, named.get("href") or "") if named is not None else "") or url


def _nodes(root: etree._Element, base: str) -> list[PageNode]:
    nodes: list[PageNode] = []
    open_nodes: list[PageNode] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    skipped: etree._Element | None = None
    for event, element in walk:
        if event == "end":
            if element is skipped:
                skipped = None
            else:
                open_nodes.pop()
            if open_nodes and element.tail:
                open_nodes[-1].children.append(element.tail)
            continue
        if len(nodes) >= _MOST_ELEMENTS:
            break
        if len(open_nodes) >= _DEEPEST or _is_unseen(element):
            walk.skip_subtree()
            skipped = element
            continue
        node = _node(element, open_nodes[-1] if open_nodes else None, len(nodes), base)
        nodes.append(node)
        open_nodes.append(node)
    return nodes


def _is_unseen(element: etree._Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in _UNSEEN:
        return True
    return bool(_HIDDEN_NAMES.search(element.get("class") or "")) or element.get("hidden") is not None


def _node(element: etree._Element, parent: PageNode | None, place: int, base: str) -> PageNode:
    tag = str(element.tag)
    classes = (element.get("class") or "").lower()[:200]
    column = _column(parent) if tag in ("td", "th") else -1
    names = f"{classes} {(element.get('id') or '').lower()[:60]} {(element.get('itemprop') or '').lower()[:60]}".strip()
    node = PageNode(tag, _step(tag, classes, column), parent, parent.depth + 1 if parent else 0, place, hints=names)
    node.column = column
    node.beside = _is_beside(element, tag, names) or (parent is not None and parent.beside)
    node.main = tag in ("main", "article") or element.get("role") == "main" or (parent is not None and parent.main)
    node.stamp = (element.get("datetime") or (element.get("content") if tag != "meta" else "") or "")[:60]
    if tag == "a" and element.get("href"):
        node.href = absolute(base, element.get("href") or "")
    if element.text:
        node.children.append(element.text)
    if parent is not None:
        parent.children.append(node)
    return node


def _step(tag: str, classes: str, column: int) -> str:
    lasting = sorted({name for name in classes.split()[:6] if not _PASSING_CLASS.search(name)})[:3]
    return ".".join([tag, *lasting]) + (f":{column}" if column >= 0 else "")


def _column(parent: PageNode | None) -> int:
    """Which column a cell begins in, counted from 0."""
    for before in reversed(parent.children if parent else []):
        if isinstance(before, PageNode) and before.column >= 0:
            return before.column + 1
    return 0


def _is_beside(element: etree._Element, tag: str, names: str) -> bool:
    if tag in ("html", "body", "main", "article", "tr", "td", "table", "tbody"):
        return False
    return tag in _BESIDE or element.get("role") in _BESIDE_ROLES or bool(_BESIDE_NAMES.search(names))


def _texts(node: PageNode) -> Iterator[str]:
    waiting: list[PageNode | str] = [node]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
            continue
        if here.tag in _BREAKING:
            yield " "
            waiting.append(" ")
        waiting.extend(reversed(here.children))


HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BREAKING = HEADINGS | {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "section", "article", "header", "br", "hr"}
_BREAKING |= {"table", "tr", "td", "th", "tbody", "thead", "form", "blockquote"}
BLOCKS = _BREAKING | {"body", "html", "main", "figure", "footer", "nav", "aside", "tfoot", "pre", "fieldset", "center"}
"""Elements that begin a line of their own."""
