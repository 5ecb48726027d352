"""Links in a stored digest to summaries of ours that have no page any more: their words stay, the link goes.

Other sites have such addresses, too, so a link counts as ours by its host alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from html import unescape

_LINK = re.compile(
    r'<a\s[^<>]*?href="([^"<>]*)/news/[^"/<>]+/[^"/<>]+/([0-9]{1,10})(?:[?#][^"<>]*)?"[^<>]*>(.*?)</a>', re.DOTALL
)


def linked_summaries(html: str, is_ours: Callable[[str], bool]) -> set[int]:
    """The ids of the summaries that sanitised HTML links, at addresses of ours: `is_ours` sees how each begins, with
    the host or with nothing.
    """
    if "/news/" not in html:
        return set()
    return {int(found[2]) for found in _LINK.finditer(html) if int(found[2]) < 2**31 and is_ours(unescape(found[1]))}


def unlinked(html: str, gone: Collection[int], is_ours: Callable[[str], bool]) -> str:
    """The HTML without the links to these at addresses of ours."""

    def without(found: re.Match[str]) -> str:
        return found[3] if int(found[2]) in gone and is_ours(unescape(found[1])) else found[0]

    return _LINK.sub(without, html) if gone else html
