"""What of a newsletter is kept to be read: its words and its articles' links, without those that are ours alone.

The link to leave and that to one's preferences carry a token of our subscription: whoever opened one would end it.
"""

from __future__ import annotations

import re
from html import escape, unescape

from digest.feeds.newsletters.links import unwrapped

_OURS_ALONE = re.compile(
    r"unsubscri|opt[ -]?out|\bpreferences?\b|manage[^a-z]{0,3}(?:your|my)?[^a-z]{0,3}subscription|update your"
    r"|list-manage\.com/(?:profile|unsub)|d[ée]sabonn|d[ée]sinscri|abmelden|abbestell|afmelden|uitschrijven|disiscri"
    r"|cancelar (?:la )?suscripci",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,2000}")
LEFT_OUT = "(link left out)"


def readable_html(html: str) -> str:
    """Sanitised HTML whose links lead past what counts clicks, where that can be told, and none to our own settings."""
    return _ANCHOR.sub(_kept_anchor, html)


def readable_text(text: str) -> str:
    """The text without links to our own settings."""
    above, kept = "", []
    for line in text.splitlines():
        said = f"{above} {line}" if _ADDRESS.fullmatch(line.strip()) else line
        kept.append(_ADDRESS.sub(LEFT_OUT, line) if _OURS_ALONE.search(said) else line)
        above = line
    return "\n".join(kept)


def links_in_html(html: str) -> list[tuple[str, str]]:
    """The web links of sanitised HTML in its order, each once: their words, and where they lead."""
    found: dict[str, str] = {}
    for anchor in _ANCHOR.finditer(html):
        url, words = unescape(anchor[1]), _words(anchor[2])
        if url.startswith(("http://", "https://")):
            found[url] = found.get(url) or words
    return [(words or url, url) for url, words in found.items()]


def _kept_anchor(anchor: re.Match[str]) -> str:
    url = unescape(anchor[1])
    if _OURS_ALONE.search(url) or _OURS_ALONE.search(_words(anchor[2])):
        return anchor[2]
    return f'<a href="{escape(unwrapped(url))}">{anchor[2]}</a>'


def _words(html: str) -> str:
    return " ".join(unescape(_TAG.sub(" ", html)).split())[:300]
