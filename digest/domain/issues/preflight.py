"""Pre-flight: the checks on a digest before it may go. Every fault names the item, what is wrong and the remedy.

What is checked of items and their words is here and in `leftovers`; of links in `preflight_links`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from digest.domain.issues.choosing import ChosenContent
from digest.domain.issues.edition import Content, Item, plain
from digest.domain.issues.faults import Level, PreflightFault
from digest.domain.issues.leftovers import left_in_line, lost_links, marks_in_html
from digest.domain.issues.links import LinkFinding
from digest.domain.issues.preflight_links import faults_of_links

__all__ = ["CHECKS", "SIZE_LIMIT", "SUBJECT_SHOWN", "Beside", "Level", "PreflightFault", "check", "check_edition"]

SIZE_LIMIT = 90_000
"""Bytes of HTML. Gmail clips a message at about 102 kB, and what readers differ in comes on top."""

SUBJECT_SHOWN = 60
"""Characters of a subject that a phone shows, about."""

CHECKS = 25

_OLD = timedelta(days=365)
_LONG_TITLE = 120
_LONG_BODY = 300
_WIDEST = {"headline": 26, "text": 38}
"""Characters of a word that fit on a line of a phone 375 px wide, in the type of a headline and of a text, about."""
# In capitals only: "todo" is a Spanish word, and a Spanish headline must not stop an issue.
_PLACEHOLDER = re.compile(r"\b(TK|TKTK|XXX|TODO|TBC)\b|(?i:lorem ipsum)")

_ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bq]\?[^?]*\?=", re.IGNORECASE)  # RFC 2047, section 2
# Where browsers break a word by themselves: after hyphens and dashes, at slashes of an address, between ideographs.
_UNBROKEN = re.compile(r"[^\s/?&=\-\u2010-\u2015\u200b\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]+")


@dataclass(frozen=True)
class Beside:
    """What the digest itself does not say: how it is mailed, what its links answered, what went before."""

    links: Mapping[str, LinkFinding] = field(default_factory=dict)
    """What is known of addresses, by address."""
    carried: Mapping[int, date] = field(default_factory=dict)
    """Items that an earlier issue carried, with its date."""
    no_unsubscribe: bool = False
    """The mail has no link to unsubscribe by in one of its parts."""
    no_address: bool = False
    """The mail goes to readers and names no postal address."""
    foreign: tuple[str, ...] = ()
    """What a reader's mail program would load or run, a few words each (`digest.mail.message.foreign`)."""
    sending: tuple[str, ...] = ()
    """What is wrong with the way it is sent, a sentence each with the remedy: SendGrid's key, the sender."""


def check(content: Content, html_bytes: int, beside: Beside | None = None) -> list[PreflightFault]:
    """All faults of a rendered digest, those that block first. `html_bytes` is the size of its HTML part."""
    beside = beside or Beside()
    faults = [*_whole(content, html_bytes), *_mailed(beside)]
    for number, item in enumerate(content.items, start=1):
        faults += _one(content, item, f"Item {number}")
        if day := beside.carried.get(item.summary_id):
            what = f"went out with the issue of {day.day} {day:%B %Y} already. Take it off, or say what is new."
            faults.append(PreflightFault(Level.WARNS, f"Item {number}", what, item.summary_id))
    faults += faults_of_links(content, beside.links)
    return sorted(faults, key=lambda fault: fault.level)


def check_edition(chosen: ChosenContent, html_bytes: int) -> list[PreflightFault]:
    """What may be wrong with one edition though the whole issue is well; `html_bytes` is the size of its HTML part."""
    where = f"Size of the edition for {', '.join(chosen.topics) or 'readers of other topics'}"
    return [_too_large(where, html_bytes)] if html_bytes > SIZE_LIMIT else []


def _too_large(where: str, html_bytes: int) -> PreflightFault:
    size = f"{html_bytes // 1000} kB of {SIZE_LIMIT // 1000} kB"
    what = f"{size}: Gmail would cut it off. Take an item out or shorten some."
    return PreflightFault(Level.BLOCKS, where, what, part="picks", doubtful=True)


def _long_subject(subject: str) -> str:
    return f"{len(subject)} characters; a phone shows about {SUBJECT_SHOWN}. Shorten it."


def _mailed(beside: Beside) -> Iterator[PreflightFault]:
    for thing in beside.foreign:
        what = (
            f"it would carry {thing}, which readers are promised it never does. Take it out of the item it comes from."
        )
        yield PreflightFault(Level.BLOCKS, "Mail", what, final=True)
    if beside.no_unsubscribe:
        what = (
            "there is no link to unsubscribe by. Reopen the issue and approve it again; tell the operator if it stays."
        )
        yield PreflightFault(Level.BLOCKS, "Footer", what)
    if beside.no_address:
        what = "the postal address is not in it. The operator sets POSTAL_ADDRESS; then reopen it and approve it again."
        yield PreflightFault(Level.BLOCKS, "Footer", what)
    for what in beside.sending:
        yield PreflightFault(Level.WARNS, "Sending", what)


def _whole(content: Content, html_bytes: int) -> Iterator[PreflightFault]:
    own = (content.introduction_html, content.closing_html)
    around = " ".join((content.subject, content.preheader, *map(plain, own)))
    if left := _PLACEHOLDER.search(around):
        yield _around(Level.BLOCKS, f"“{left[0]}” is left in. Write what belongs there.")
    for mark in (
        *left_in_line(f"{content.subject} {content.preheader}"),
        *marks_in_html(own[0]),
        *marks_in_html(own[1]),
    ):
        yield _around(Level.BLOCKS, mark, doubtful=True)
    for mark in (*lost_links(own[0]), *lost_links(own[1])):
        yield _around(Level.WARNS, mark)
    if html_bytes > SIZE_LIMIT:
        yield _too_large("Size", html_bytes)
    if len(content.subject) > SUBJECT_SHOWN:
        yield PreflightFault(Level.WARNS, "Subject", _long_subject(content.subject), part="words")
    if code := _ENCODED_WORD.search(content.subject):
        what = f"mail programs may show “{code[0][:60]}” as what it is a code for. Write it another way."
        yield PreflightFault(Level.WARNS, "Subject", what, part="words")
    if not plain(content.introduction_html):
        what = "empty. A sentence or two says why this week matters."
        yield PreflightFault(Level.WARNS, "Introduction", what, part="words")
    if long := _too_wide(" ".join(map(plain, own)), "text"):
        yield _around(Level.WARNS, long)


def _one(content: Content, item: Item, where: str) -> Iterator[PreflightFault]:
    words = plain(item.body_html)
    if not words:
        yield _item(Level.BLOCKS, where, "has no body. Write it, or take it off the issue.", item)
    if left := _PLACEHOLDER.search(f"{item.title} {words}"):
        yield _item(Level.BLOCKS, where, f"“{left[0]}” is left in. Finish the summary.", item)
    for mark in (*left_in_line(item.title), *marks_in_html(item.body_html)):
        yield _item(Level.BLOCKS, where, mark, item, doubtful=True)
    for mark in lost_links(item.body_html):
        yield _item(Level.WARNS, where, mark, item)
    if not item.sources:
        yield _item(Level.WARNS, where, "has no source link. Add the original article.", item)
    if len(item.title) > _LONG_TITLE:
        yield _item(Level.WARNS, where, f"its headline has {len(item.title)} characters. Shorten it.", item)
    if len(words.split()) > _LONG_BODY:
        yield _item(Level.WARNS, where, f"its body has {len(words.split())} words. Shorten it.", item)
    if long := _too_wide(item.title, "headline") or _too_wide(words, "text"):
        yield _item(Level.WARNS, where, long, item)
    age = content.issue_date - item.published_on
    if age > _OLD:
        yield _item(Level.WARNS, where, f"is {age.days} days old. Check the year.", item)
    if age < timedelta(0):
        yield _item(Level.WARNS, where, "is dated after the issue. Check its date.", item)


def _too_wide(text: str, kind: str) -> str:
    longest = max(_UNBROKEN.findall(text), key=len, default="")
    if len(longest) <= _WIDEST[kind]:
        return ""
    return (
        f"“{longest[:30]}…” is too long for a line on a phone, and breaks anywhere. Link words instead of an address."
    )


def _around(level: Level, what: str, doubtful: bool = False) -> PreflightFault:
    return PreflightFault(level, "Words around it", what, part="words", doubtful=doubtful)


def _item(level: Level, where: str, what: str, item: Item, doubtful: bool = False) -> PreflightFault:
    return PreflightFault(level, where, what, item.summary_id, doubtful=doubtful)
