"""Markdown and imported HTML, made into the few elements that our pages and messages show.

Everything that people see goes through `sanitised`; it is the only way to HTML.
"""

from __future__ import annotations

import nh3

from digest.domain.links import CheckedMarkdown, checked_href, fault_in_html, fault_in_markdown

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

_markdown = CheckedMarkdown("commonmark", {"html": False, "linkify": False, "typographer": True}).enable(
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
        attribute_filter=checked_href,
        url_relative="deny",  # it would lead elsewhere from a page, a feed and a message
        link_rel=None,
    ).strip()


def fault_in_links(body: str, is_html: bool) -> str:
    """Why one of the body's links is refused, with the remedy; empty if none is."""
    return fault_in_html(body) if is_html else fault_in_markdown(_markdown, body)


def _lowered(html: str) -> str:
    # Readers meet the body below a second-level headline, in the digest and on its page.
    for level in ("1", "2"):
        html = html.replace(f"<h{level}>", "<h3>").replace(f"</h{level}>", "</h3>")
    return html.replace("<h5>", "<h4>").replace("</h5>", "</h4>").replace("<h6>", "<h4>").replace("</h6>", "</h4>")
