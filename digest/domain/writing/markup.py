"""Markdown and imported HTML, made into the few elements that our pages and messages show.

Everything that people see goes through `sanitised`; it is the only way to HTML.
"""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

from digest.domain.shared.iris import as_uri
from digest.domain.writing.clipboard import loosened, visible
from digest.domain.writing.dialect import parser
from digest.domain.writing.drawings import in_words
from digest.domain.writing.foreign import UNSEEN, is_deep, is_foreign
from digest.domain.writing.link_checks import checked_href, fault_in_html, fault_in_markdown
from digest.domain.writing.tidying import tidied

_ELEMENTS = {
    "p", "br", "blockquote", "ul", "ol", "li", "a", "strong", "em", "b", "i", "s", "code", "pre", "h3", "h4", "hr",
    "sup", "sub", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SIDES = {"align": {"left", "center", "right"}}
_SCHEMES = {"http", "https", "mailto"}

_sanitiser = nh3.Cleaner(
    tags=_ELEMENTS,
    clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math", "noscript", *UNSEEN},
    # "*": nh3 would let lang and title through
    attributes={"*": set(), "a": {"href"}, "ol": {"start"}, "li": {"value"}},
    tag_attribute_values={"ol": {"type": {"1", "a", "A", "i", "I"}}, "td": _SIDES, "th": _SIDES},
    url_schemes=_SCHEMES,
    attribute_filter=checked_href,
    url_relative="deny",  # it would lead elsewhere from a page, a feed and a message
    link_rel=None,
)
_markdown = parser()
_as_typed = parser(as_typed=True)
_NO_BREAK = "&nbsp;"
_HOLLOW = re.compile(r"<(p|h3|h4)>[ \n]*</\1>\n?")
_BLOCK_EDGE = re.compile(r"\xa0?(?:</?(?:p|li|h3|h4|td|th|blockquote|tr|pre|ul|ol)\b[^>]*>|<br>)\xa0?")
_UNENCODED_LINK = re.compile(r'(?<=<a href=")[^"]*[^\x00-\x7f"][^"]*(?=")')


def from_markdown(text: str) -> str:
    """Sanitised HTML of a Markdown text; HTML inside it shows as text. Headings become third-level ones."""
    return _sanitised(_lowered(_markdown.render(text)))


def sanitised(html: str) -> str:
    """The HTML with allowed elements only, links with allowed schemes only, and no attribute that could do anything.

    What only HTML from elsewhere has (containers, styles, higher headings) is made into those elements first, so that
    its parts don't run together.
    """
    html = in_words(html)
    return _sanitised(tidied(html) if is_foreign(html) or is_deep(html) else html)


def _sanitised(html: str) -> str:
    clean = visible(_sanitiser.clean(html)).strip()
    if "<a " in clean and not clean.isascii():
        clean = _UNENCODED_LINK.sub(lambda href: escape(as_uri(unescape(href[0]))), clean)
    return _held_together(clean) if _NO_BREAK in clean else clean


def _held_together(html: str) -> str:
    html = loosened(html.replace(_NO_BREAK, "\xa0"))
    html = _BLOCK_EDGE.sub(lambda edge: edge[0].replace("\xa0", ""), html)
    return _HOLLOW.sub("", html).replace("\xa0", _NO_BREAK).strip()


def fault_in_links(body: str, is_html: bool) -> str:
    """Why one of the body's links is refused, with the remedy; empty if none is."""
    return fault_in_html(body) if is_html else fault_in_markdown(_as_typed, body)


def _lowered(html: str) -> str:
    # Readers meet the body below a second-level headline, in the digest and on its page.
    if "<h" not in html:
        return html
    for level in ("1", "2"):
        html = html.replace(f"<h{level}>", "<h3>").replace(f"</h{level}>", "</h3>")
    return html.replace("<h5>", "<h4>").replace("</h5>", "</h4>").replace("<h6>", "<h4>").replace("</h6>", "</h4>")
