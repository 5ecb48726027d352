"""Pre-flight: the checks on a digest before it may go. Every fault names the item, what is wrong and the remedy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from digest.domain.issues.edition import Content, Item, plain
from digest.domain.issues.leftovers import left_in_html, left_in_line

SIZE_LIMIT = 90_000
"""Bytes of HTML. Gmail clips a message at about 102 kB, and what readers differ in comes on top."""

SUBJECT_SHOWN = 60
"""Characters of a subject that a phone shows, about."""

CHECKS = 13

_OLD = timedelta(days=365)
_LONG_TITLE = 120
_LONG_BODY = 300
# In capitals only: "todo" is a Spanish word, and a Spanish headline must not stop an issue.
_PLACEHOLDER = re.compile(r"\b(TK|TKTK|XXX|TODO|TBC)\b|(?i:lorem ipsum)")

_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bq]\?[^?]*\?=", re.IGNORECASE)  # RFC 2047, section 2


class Level(StrEnum):
    """Whether a fault keeps the issue from going, or only deserves a look."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True)
class PreflightFault:
    """One finding. `where` is `Item 3` or the part's name; `summary_id` says which summary to open, if any."""

    level: Level
    where: str
    what: str
    summary_id: int | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def check(content: Content, html_bytes: int) -> list[PreflightFault]:
    """All faults of a rendered digest, those that block first. `html_bytes` is the size of its HTML part."""
    faults = list(_whole(content, html_bytes))
    for number, item in enumerate(content.items, start=1):
        faults += _one(content, item, f"Item {number}")
    faults += _repeated_sources(content)
    return sorted(faults, key=lambda fault: fault.level)


def _whole(content: Content, html_bytes: int) -> Iterator[PreflightFault]:
    around = " ".join((content.subject, content.preheader, plain(content.introduction_html)))
    if left := _PLACEHOLDER.search(around):
        yield PreflightFault(Level.BLOCKS, "Words around it", f"“{left[0]}” is left in. Write what belongs there.")
    for mark in (*left_in_line(f"{content.subject} {content.preheader}"), *left_in_html(content.introduction_html)):
        yield PreflightFault(Level.WARNS, "Words around it", mark)
    if html_bytes > SIZE_LIMIT:
        size = f"{html_bytes // 1000} kB of {SIZE_LIMIT // 1000} kB"
        yield PreflightFault(Level.WARNS, "Size", f"{size}: Gmail would cut it off. Take an item out or shorten some.")
    if len(content.subject) > SUBJECT_SHOWN:
        yield PreflightFault(
            Level.WARNS, "Subject", f"{len(content.subject)} characters; a phone shows about {SUBJECT_SHOWN}."
        )
    if code := _ENCODED_WORD.search(content.subject):
        yield PreflightFault(
            Level.WARNS, "Subject", f"mail programs may show “{code[0][:60]}” as what it is a code for."
        )
    if not plain(content.introduction_html):
        yield PreflightFault(Level.WARNS, "Introduction", "empty. A sentence or two says why this week matters.")


def _one(content: Content, item: Item, where: str) -> Iterator[PreflightFault]:
    words = plain(item.body_html)
    if not words:
        yield PreflightFault(Level.BLOCKS, where, "has no body. Write it, or take it off the issue.", item.summary_id)
    if left := _PLACEHOLDER.search(f"{item.title} {words}"):
        yield PreflightFault(Level.BLOCKS, where, f"“{left[0]}” is left in. Finish the summary.", item.summary_id)
    for mark in (*left_in_line(item.title), *left_in_html(item.body_html)):
        yield PreflightFault(Level.WARNS, where, mark, item.summary_id)
    if not item.sources:
        yield PreflightFault(Level.WARNS, where, "has no source link. Add the original article.", item.summary_id)
    if len(item.title) > _LONG_TITLE:
        yield PreflightFault(
            Level.WARNS, where, f"its headline has {len(item.title)} characters. Shorten it.", item.summary_id
        )
    if len(words.split()) > _LONG_BODY:
        yield PreflightFault(
            Level.WARNS, where, f"its body has {len(words.split())} words. Shorten it.", item.summary_id
        )
    age = content.issue_date - item.published_on
    if age > _OLD:
        yield PreflightFault(Level.WARNS, where, f"is {age.days} days old. Check the year.", item.summary_id)
    if age < timedelta(0):
        yield PreflightFault(Level.WARNS, where, "is dated after the issue. Check its date.", item.summary_id)


def _repeated_sources(content: Content) -> Iterator[PreflightFault]:
    uses = Counter(url for item in content.items for url in {source.url for source in item.sources})
    for number, item in enumerate(content.items, start=1):
        if any(uses[source.url] > 1 for source in item.sources):
            yield PreflightFault(
                Level.WARNS,
                f"Item {number}",
                "shares a source with another item. Merge them?",
                item.summary_id,
            )
