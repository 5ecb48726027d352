"""Links in a stored digest to summaries of ours that have no page any more: their words stay, the link goes."""

from __future__ import annotations

import re
from collections.abc import Collection

_LINK = re.compile(
    r'<a\s[^<>]*?href="[^"<>]*/news/[^"/<>]+/[^"/<>]+/([0-9]{1,10})(?:[?#][^"<>]*)?"[^<>]*>(.*?)</a>', re.DOTALL
)


def linked_summaries(html: str) -> set[int]:
    """The ids of the summaries that sanitised HTML links."""
    return {int(found[1]) for found in _LINK.finditer(html) if int(found[1]) < 2**31} if "/news/" in html else set()


def unlinked(html: str, gone: Collection[int]) -> str:
    """The HTML without the links to these."""
    return _LINK.sub(lambda found: found[2] if int(found[1]) in gone else found[0], html) if gone else html
