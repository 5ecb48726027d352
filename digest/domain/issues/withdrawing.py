"""A digest that went, without the words of what was withdrawn since: also where its subject has them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from digest.domain.issues.edition import Content, Item, default_preheader, default_subject
from digest.domain.shared.spoken import Spoken


def without_withdrawn(content: Content, gone: Collection[int], has_own_subject: bool, spoken: Spoken) -> Content:
    """The digest without the words of these; an editor's own subject stays as it was mailed, unless it names one."""
    lost = [item.title for item in content.items if item.summary_id in gone]
    if not lost:
        return content
    titles = [item.title for item in content.items]
    left = [item.title for item in content.items if item.summary_id not in gone]
    own_subject = has_own_subject and not names_any(content.subject, lost)
    own_preheader = content.preheader != default_preheader(titles) and not names_any(content.preheader, lost)
    nothing_left = spoken.gettext("A withdrawn summary")
    return replace(
        content,
        items=tuple(_hidden(item, spoken) if item.summary_id in gone else item for item in content.items),
        subject=content.subject if own_subject else default_subject(left, spoken) or nothing_left,
        preheader=content.preheader if own_preheader else default_preheader(left),
    )


def names_any(line: str, titles: Collection[str]) -> bool:
    """Whether one of these headlines stands in the line, in whatever case and between whatever marks."""
    words = _words(line)
    return any(title and f" {title} " in f" {words} " for title in map(_words, titles))


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _hidden(item: Item, spoken: Spoken) -> Item:
    return replace(item, title=spoken.gettext("Withdrawn"), body_html="", sources=(), topics=(), url="")
