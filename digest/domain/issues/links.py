"""The links of a digest: where each stands, what its words say, and what is known of where it leads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

from digest.domain.issues.edition import Content, plain

OK, MOVED, DEAD, UNCLEAR = "ok", "moved", "dead", "unclear"

SHORTENERS = frozenset(
    [
        "bit.ly", "buff.ly", "cutt.ly", "dlvr.it", "fb.me", "goo.gl", "is.gd", "j.mp", "lnkd.in", "mailchi.mp", "ow.ly",
        "po.st", "rb.gy", "rebrand.ly", "s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "trib.al",
        "u.to", "v.gd", "wp.me",
    ]
)  # fmt: skip
"""Hosts that only pass on to another address, which readers can't see and filters distrust."""

SAYS_NOTHING = frozenset(
    [
        "article", "click", "click here", "click this link", "continue", "continue reading", "details", "find out more",
        "full article", "full story", "further information", "go", "here", "info", "learn more", "link", "more",
        "more info", "more information", "read", "read here", "read more", "read on", "see here", "see more", "source",
        "the link", "this", "this article", "this link", "this page", "website", "hier", "mehr", "weiterlesen", "ici",
        "en savoir plus", "lire la suite", "aquí", "leer más", "qui", "leggi tutto",
    ]
)  # fmt: skip
"""Words that make no sense in a screen reader's list of links (WCAG 2.2, success criterion 2.4.4)."""

_LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL | re.IGNORECASE)
_TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|cmpid|ref|ref_src)$", re.IGNORECASE)
_EDGES = " .,;:!?…»›→>"


@dataclass(frozen=True)
class LinkFinding:
    """What an address answered: one of `ok`, `moved`, `dead`, `unclear`, and that in an editor's words."""

    verdict: str
    words: str = ""


@dataclass(frozen=True)
class PlacedLink:
    """One link. `where` is `Item 3` or the part's name; `words` are empty for a source, which is named by its
    publication.
    """

    where: str
    summary_id: int | None
    url: str
    words: str


def links_in(content: Content) -> Iterator[PlacedLink]:
    """Every link of a digest that an editor put there, in its order."""
    for where, html in (("Introduction", content.introduction_html), ("Closing note", content.closing_html)):
        for url, words in written_links(html):
            yield PlacedLink(where, None, url, words)
    for number, item in enumerate(content.items, start=1):
        for source in item.sources:
            yield PlacedLink(f"Item {number}", item.summary_id, source.url, "")
        for url, words in written_links(item.body_html):
            yield PlacedLink(f"Item {number}", item.summary_id, url, words)


def addresses_to_check(content: Content) -> list[str]:
    """Where the digest leads on the web, each address once, in its order."""
    return list(dict.fromkeys(link.url for link in links_in(content) if is_of_the_web(link.url)))


def is_of_the_web(url: str) -> bool:
    """Whether a reader's browser can follow it by itself."""
    return url.lower().startswith(("http://", "https://"))


def is_shortened(url: str) -> bool:
    """Whether it only passes on to an address that readers can't see."""
    return _host(url) in SHORTENERS


def says_nothing(words: str) -> bool:
    """Whether a link's words tell nothing without the sentence around them."""
    return " ".join(words.lower().split()).strip(_EDGES) in SAYS_NOTHING


def same_article(url: str) -> str:
    """A form that addresses of one article share: without scheme, `www.`, tracking parameters, fragment, last slash."""
    try:
        parts = urlsplit(url)
        asked = urlencode([(name, value) for name, value in parse_qsl(parts.query, True) if not _TRACKING.match(name)])
    except ValueError:
        return url
    return f"{_host(url)}{parts.path.rstrip('/')}{'?' + asked if asked else ''}"


def known_of(url: str, findings: Mapping[str, LinkFinding]) -> LinkFinding:
    """What is known of an address; unclear where nobody has asked yet."""
    return findings.get(url, LinkFinding(UNCLEAR))


def written_links(html: str) -> Iterator[tuple[str, str]]:
    """Where the links in a text lead, each with its words."""
    for url, inner in _LINK.findall(html):
        yield unescape(url), plain(inner)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""
