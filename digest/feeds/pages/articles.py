"""An article's text out of its page, for an editor to read beside the summary: from bytes alone, nothing is fetched.

Its head is what the page says of itself (schema.org in JSON-LD, Open Graph); its text is trafilatura's. The text is
never published and fills no field, so a wall in front of it is named rather than climbed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import lxml.html

from digest.feeds.fetching import challenges
from digest.feeds.pages import metadata, walls

_LARGEST = 2_000_000
"""Bytes of a page that are looked at. The longest articles have a tenth of it, their scripts included."""
_MOST_ELEMENTS = 20_000
"""Beyond, no text is looked for: it costs a second for each 10,000 (libxml2 itself bounds the depth, at 256)."""
_SHORT = 120
"""Words: less is a teaser, a notice or a wall more often than an article."""
_BREAK_OFF = re.compile(r"(?:…|\.\.\.|\[…\])\s*$")


@dataclass(frozen=True)
class Article:
    """What a page tells. Whatever it does not tell is empty; `text` is paragraphs with an empty line between them."""

    title: str = ""
    published_at: datetime | None = None
    publication: str = ""
    language: str = ""
    """As in `en-GB`."""
    text: str = ""
    words: int = 0
    canonical: str = ""
    """The page's own name for its address; only on the host that it came from."""
    incomplete: bool = True
    """Whether more than this may be behind a wall, on a next page, or in what could not be read."""
    wall: str = ""
    """`consent`, `challenge`, `paywall`, or nothing."""
    kind: str = "page"
    """`page`, `pdf`, or `other`: of the latter two nothing is read."""


def article_of(body: bytes, content_type: str, url: str) -> Article:
    """The article in what a fetch of `url` brought. Never raises for what is in it; takes two seconds at most."""
    if body[:1024].lstrip().startswith(b"%PDF-") or content_type.lower().startswith("application/pdf"):
        return Article(kind="pdf")
    if not metadata.may_be_html(body, content_type):
        return Article(kind="other")
    tree = metadata.tree_of(body[:_LARGEST], content_type)
    if tree is None:
        return Article()
    told = metadata.told_by(tree, url)
    text = _text(tree, url)
    words = len(text.split())
    wall = _wall(tree, told, body, url, text)
    return Article(
        title=told.title,
        published_at=told.published_at,
        publication=told.publication,
        language=told.language,
        text=text,
        words=words,
        canonical=told.canonical,
        incomplete=bool(wall) or words < _SHORT or len(body) > _LARGEST or bool(_BREAK_OFF.search(text)),
        wall=wall,
    )


def _wall(tree: lxml.html.HtmlElement, told: metadata.PageHead, body: bytes, url: str, text: str) -> str:
    if challenges.is_challenge(200, {"content-type": "text/html"}, body):
        return "challenge"
    short = len(text.split()) < _SHORT
    if walls.asks_for_consent(url, told.title, text, short):
        return "consent"
    if told.free is False or walls.asks_for_money(tree, text, short):
        return "paywall"
    return ""


def _text(tree: lxml.html.HtmlElement, url: str) -> str:
    # A quarter of a second and 29 MB, which a process that shows no article need not spend.
    from trafilatura import bare_extraction

    for element in tree.xpath("//script | //style | //svg | //template | //iframe"):
        element.drop_tree()
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
        return ""
    try:
        found: Any = bare_extraction(tree, url=url, include_comments=False, include_images=False, include_links=False)
    except Exception:  # noqa: BLE001  # whatever it stumbles over in a stranger's page, there is no text then
        return ""
    lines = (" ".join(line.split()) for line in (found.text or "").splitlines()) if found else ()
    return "\n\n".join(line for line in lines if line)
