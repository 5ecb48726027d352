"""What a newsletter by mail links to: its articles, told from what surrounds them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from lxml import etree

from digest.feeds.base.addresses import absolute, is_absolute
from digest.feeds.base.entries import Entry
from digest.feeds.base.plain import LONGEST_TITLE, shortened, text_under

_MOST = 200
_MOST_SEEN = 5_000
"""Links that are looked at."""
_LARGEST = 2_000_000


def links_of(html: str, text: str) -> tuple[Entry, ...]:
    """The articles that a message links to, in its order, each once, with the link's words as title; at most 200.

    The text is looked at only where the HTML brings none, and not for what the HTML links to. A wrapper that counts
    clicks is taken off where the article's address is part of its own; nothing is fetched.
    """
    found: dict[str, Entry] = {}
    seen = set()
    for address, words in islice(_anchors(html), _MOST_SEEN):
        seen.add(address.strip())
        _add(found, address, words)
    if not found:
        for address, words in islice(_written(text), _MOST_SEEN):
            if address not in seen:
                _add(found, address, words)
    return tuple(found.values())[:_MOST]


def well_formed(html: str) -> str:
    """The HTML as a parser has understood it: every element closed, and at most 255 within each other.

    Deeper ones, which no newsletter has, cost whoever reads them by the rules of HTML5 the square of their depth.
    """
    root = _tree(html)
    return "" if root is None else etree.tostring(root, method="html", encoding="unicode")


def _anchors(html: str) -> Iterator[tuple[str, str]]:
    root = _tree(html)
    for anchor in root.iter("a") if root is not None else ():
        yield anchor.get("href") or "", _words(anchor)


def _tree(html: str) -> Any:
    parser = etree.HTMLParser(encoding="utf-8", recover=True, no_network=True, remove_comments=True, huge_tree=False)
    try:
        return etree.fromstring(html[:_LARGEST].encode("utf-8", "ignore"), parser) if html.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        return None


def _words(anchor: Any) -> str:
    return shortened(text_under(anchor, LONGEST_TITLE), LONGEST_TITLE)


_ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]]{4,2000}")


def _written(text: str) -> Iterator[tuple[str, str]]:
    """Addresses of a plain message, each with the words before it on its line, or the line above."""
    above = ""
    for line in text[:_LARGEST].splitlines():
        for address in _ADDRESS.finditer(line):
            before = line[max(0, address.start() - 2 * LONGEST_TITLE) : address.start()].strip(" \t-–:*•([<>")
            yield address[0].rstrip(".,;:!?*"), shortened(before or above, LONGEST_TITLE)
        if not _ADDRESS.search(line):
            above = line.strip() or above


_FEWEST_LETTERS = 12
_SURROUNDING = re.compile(
    r"\bunsubscribe|\bopt[ -]?out|\bpreferences?\b|\bmanage (?:your|my)|view (?:this |it )?(?:email |message )?"
    r"(?:in|on)\b|\bbrowser\b|\bforward (?:this|to)|\bprivacy (?:policy|notice)|\bterms (?:of|and)|\bcontact us"
    r"|\bread online|\bwhy (?:am i|did you)|\bupdate your|\badvertise|\bsubscribe\b|\bsign up|\bdownload the app"
    r"|\bfollow us|se d[ée]sabonner|d[ée]sinscri|abmelden|abbestellen|im browser|cancelar (?:la )?suscripci"
    r"|disiscri|afmelden"
    r"|^(?:please |yes,? |to |click (?:here )?)*(?:confirm|verify|activate)\b"
    r".{0,40}\b(?:subscri|e-?mail|address|sign|account|registr|\W*$)"
    r"|(?:anmeldung|abonnement|e-?mail-adresse) best[äa]tigen"
    r"|confirme[rz] (?:votre|mon) (?:inscription|abonnement|adresse)",
    re.IGNORECASE,
)
_SURROUNDING_PATH = re.compile(
    r"unsubscribe|opt-?out|/preferences|list-manage\.com/(?:profile|unsub)|/profile\?|forward-to-friend"
    r"|\.(?:png|jpe?g|gif|svg|webp|css|ics|vcf)$|/sharer|/share\?|/intent/",
    re.IGNORECASE,
)
_SOCIAL = (
    "facebook.com", "twitter.com", "x.com", "linkedin.com", "instagram.com", "youtube.com", "youtu.be", "tiktok.com",
    "pinterest.com", "threads.net", "bsky.app", "t.me", "wa.me", "whatsapp.com", "apps.apple.com", "play.google.com",
)  # fmt: skip


def _add(found: dict[str, Entry], address: str, words: str) -> None:
    url = unwrapped(absolute(address, ""))
    if not url or not _may_be_article(url, words):
        return
    known = found.get(url)
    if known is None or len(words) > len(known.title):
        found[url] = Entry(guid="", url=url, title=words or url)


def _may_be_article(url: str, words: str) -> bool:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if any(host == social or host.endswith(f".{social}") for social in _SOCIAL):
        return False
    if _SURROUNDING.search(words) or _SURROUNDING_PATH.search(f"{host}{parts.path}?{parts.query}".rstrip("?")):
        return False
    if parts.path in ("", "/") and not parts.query:
        return False  # the publisher's own front page
    return sum(character.isalpha() for character in words) >= _FEWEST_LETTERS


_MOST_WRAPPERS = 3
_LONG_BASE64 = re.compile(r"aHR0c[A-Za-z0-9_-]{20,3000}={0,2}")


def unwrapped(url: str) -> str:
    """The address inside one that counts clicks and carries it, as in `?url=https%3A%2F%2F…`; the same if none does."""
    for _ in range(_MOST_WRAPPERS):
        inner = _inside(url)
        if not inner:
            break
        url = inner
    return url


_CARRIERS = frozenset({"url", "u", "q", "target", "redirect", "redirect_url", "link", "to", "dest", "destination", "r"})


def _inside(url: str) -> str:
    try:
        parts = urlsplit(url)
        values = parse_qsl(parts.query)
    except ValueError:
        return ""
    for name, value in values:
        if name.lower() in _CARRIERS and is_absolute(value):
            return absolute(value, "")
    if carried := re.search(r"/(https?(?:%3A|:)(?:%2F|/){2}[^/].*)", parts.path, re.IGNORECASE):
        return absolute(re.sub(r"/\d+/[\w-]+={0,2}$", "", unquote(carried[1])), "")
    if coded := _LONG_BASE64.search(parts.path):
        return absolute(_decoded(coded[0]), "")
    return ""


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
