"""Markdown and imported HTML, made into the few elements that our pages and messages show.

Everything that people see goes through `sanitised`; it is the only way to HTML.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt

_ELEMENTS = {
    "p",
    "br",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "strong",
    "em",
    "b",
    "i",
    "code",
    "h3",
    "h4",
    "hr",
    "sup",
    "sub",
}
_SCHEMES = {"http", "https", "mailto"}
_LONGEST_URL = 2_000

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": True}).enable(
    ["replacements", "smartquotes"]
)


def from_markdown(text: str) -> str:
    """Sanitised HTML of a Markdown text; HTML inside it shows as text. Headings become third-level ones."""
    return sanitised(_lowered(_markdown.render(text)))


def sanitised(html: str) -> str:
    """The HTML with allowed elements only, links with allowed schemes only, no attributes but `href`."""
    return nh3.clean(
        html,
        tags=_ELEMENTS,
        clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math", "noscript"},
        attributes={"*": set(), "a": {"href"}},  # "*": nh3 would let lang and title through
        url_schemes=_SCHEMES,
        url_relative="deny",  # it would lead elsewhere from a page, a feed and a message
        link_rel=None,
    ).strip()


def safe_url(url: str) -> str:
    """The URL of an original article, checked. Raises ValueError with the reason and the remedy."""
    url = url.strip()
    parts = _split(url)
    if parts is None or parts[0] not in ("http", "https") or not parts[1]:
        raise ValueError(f"“{url[:80]}” is not a web address. Use one that begins with https://.")
    if any(ord(character) < 33 or ord(character) == 127 for character in url) or len(url) > _LONGEST_URL:
        raise ValueError("A web address has no spaces and at most 2,000 characters. Copy it again from the browser.")
    return url


def _split(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts.scheme.lower(), parts.hostname or ""


def _lowered(html: str) -> str:
    # Readers meet the body below a second-level headline, in the digest and on its page.
    for level in ("1", "2"):
        html = html.replace(f"<h{level}>", "<h3>").replace(f"</h{level}>", "</h3>")
    return html.replace("<h5>", "<h4>").replace("</h5>", "</h4>").replace("<h6>", "<h4>").replace("</h6>", "</h4>")
