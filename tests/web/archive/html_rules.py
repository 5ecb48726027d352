"""What the HTML standard and WCAG ask of a page’s structure, as far as a program can see: each breach in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser

from bs4 import BeautifulSoup, Tag

_VOID = {"meta", "link", "input", "br", "hr", "img", "wbr", "source", "col"}
_BLOCKS = "p, div, ul, ol, dl, table, section, article, aside, nav, header, footer, h1, h2, h3, h4, form, pre, hr, main"
_MAY_HOLD = {"ul": {"li"}, "ol": {"li"}, "dl": {"dt", "dd", "div"}, "tr": {"td", "th"}, "select": {"option"}}
_HEADING = re.compile(r"h[1-6]")


class _Balance(HTMLParser):
    """Whether each element is closed where it must be, and no attribute is given twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        twice = [name for name, count in Counter(name for name, _ in attrs).items() if count > 1]
        self.faults += [f"<{tag}> has {name} twice" for name in twice]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if "svg" not in self.open and tag not in _VOID:
            self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, or another")


def faults_of_html(text: str) -> list[str]:
    """How this page breaks the standard’s rules of structure; empty where it doesn’t."""
    balance = _Balance()
    balance.feed(text)
    page = BeautifulSoup(text, "html.parser")
    faults = [*balance.faults, *(f"<{tag}> is never closed" for tag in balance.open)]
    faults += [] if text.lstrip().lower().startswith("<!doctype html>") else ["no doctype"]
    faults += [] if page.html and page.html.get("lang") else ["no language"]
    faults += [] if len(page.select("head > title")) == 1 and page.title and page.title.text.strip() else ["no title"]
    faults += [] if len(page.select("main")) == 1 and len(page.select("h1")) == 1 else ["not one main with one h1"]
    return [*faults, *_faults_of_references(page), *_faults_of_nesting(page), *_faults_of_words(page)]


def _faults_of_references(page: BeautifulSoup) -> Iterator[str]:
    ids = [str(tag["id"]) for tag in page.select("[id]")]
    yield from (f"id {name} is given twice" for name, count in Counter(ids).items() if count > 1)
    for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
        for tag in page.select(f"[{attribute}]"):
            yield from (f"{attribute} names no {name}" for name in str(tag[attribute]).split() if name not in ids)
    for tag in page.select('a[href^="#"]'):
        if str(tag["href"])[1:] not in ids:
            yield f"a link to {tag['href']}, which is nowhere"
    for rel in ("canonical", "icon"):
        if len(page.select(f'link[rel="{rel}"]')) > 1:
            yield f"several {rel} links"


def _faults_of_nesting(page: BeautifulSoup) -> Iterator[str]:
    yield from (f"<{tag.name}> in a <p>" for tag in page.select(", ".join(f"p {each}" for each in _BLOCKS.split(", "))))
    yield from ("an interactive element in another" for _ in page.select("a a, a button, button a, button button"))
    for name, allowed in _MAY_HOLD.items():
        for tag in page.select(name):
            children = {child.name for child in tag.find_all(recursive=False) if isinstance(child, Tag)}
            yield from (f"<{child}> in a <{name}>" for child in children - allowed)
    level = 0
    for heading in page.find_all(_HEADING):
        now = int(heading.name[1])
        if now > level + 1:
            yield f"h{now} after h{level}"
        level = now


def _faults_of_words(page: BeautifulSoup) -> Iterator[str]:
    for tag in page.select("a[href], button, summary"):
        if not (tag.get_text(strip=True) or tag.get("aria-label") or tag.select("[aria-label]")):
            yield f"<{tag.name}> without words"
    yield from ("an image without alt" for _ in page.select("img:not([alt])"))
    for tag in page.select("time[datetime]"):
        if not re.match(r"\d{4}-\d\d-\d\d", str(tag["datetime"])):
            yield f"a time that is none: {tag['datetime']}"
    for tag in page.select("nav"):
        if len(page.select("nav")) > 1 and not (tag.get("aria-label") or tag.get("aria-labelledby")):
            yield "one of several navs without a name"
