"""What a digest says, before anything decides how it looks: pure values, and what changed between two of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from html import unescape
from itertools import groupby
from typing import Any

from digest.domain.shared.spoken import AS_WRITTEN, Spoken
from digest.domain.shared.stored import day, known, needed, packed, parts, unpacked

WORDS_A_MINUTE = 220
OTHERS = "Other news"
"""The section of items without a topic."""
STRIKE = "~~"
"""Stands on both sides of words that are struck out, wherever there is text alone; as in Markdown."""

_NAME, _VERSION = "digest", 1

_PARTING = re.compile(r"</?(?:p|br|hr|li|ul|ol|blockquote|pre|h3|h4|table|thead|tbody|tr|th|td)\b[^>]*>")
_HOLLOW_STRIKE = re.compile(r"<s>(\s*)</s>")
_NEXT_STRIKE = re.compile(r"</s>(\s*)<s>")
_STRIKE = re.compile(r"</?s>")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Source:
    """One original article: where it is, what it is called, who published it."""

    url: str
    title: str
    publication: str


@dataclass(frozen=True)
class ItemTopic:
    """What a summary is about; the slug is what readers' choices are stored under."""

    slug: str
    name: str


@dataclass(frozen=True)
class Item:
    """One summary as the digest shows it. `body_html` is sanitised already; `url` is its permanent page."""

    summary_id: int
    title: str
    url: str
    publication: str
    published_on: date
    body_html: str
    sources: tuple[Source, ...]
    topics: tuple[ItemTopic, ...]


@dataclass(frozen=True)
class Content:
    """A whole issue in its order. `subject` is the editor's, or the default for these items."""

    issue_date: date
    number: int
    subject: str
    preheader: str
    introduction_html: str
    items: tuple[Item, ...]
    closing_html: str = ""
    """The closing note, behind the items."""
    by_topic: bool = False
    """Whether the items, which then stand together by topic, are shown in sections."""

    @property
    def minutes(self) -> int:
        """Reading time in whole minutes, at least one."""
        words = sum(len(plain(item.body_html).split()) + len(item.title.split()) for item in self.items)
        around = len(plain(self.introduction_html).split()) + len(plain(self.closing_html).split())
        return max(1, round((words + around) / WORDS_A_MINUTE))

    @property
    def sections(self) -> tuple[Section, ...]:
        """The items in sections: one without a name, or one for each first topic where that is wanted."""
        if not self.by_topic:
            return (Section("", self.items),)
        return tuple(Section(name, tuple(items)) for name, items in groupby(self.items, section_of))


@dataclass(frozen=True)
class Section:
    """Items that stand under one heading; without a name under none."""

    name: str
    items: tuple[Item, ...]

    @property
    def has_topic(self) -> bool:
        """Whether a topic gave it its name."""
        return self.name not in ("", OTHERS)


def section_of(item: Item) -> str:
    """The section that an item stands in: its first topic, or what has none."""
    return item.topics[0].name if item.topics else OTHERS


def in_sections(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items with those of one section together, the sections by their first item; what has no topic comes last."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(section_of(item), []).append(item)
    last = found.pop(OTHERS, [])
    return tuple(item for section in (*found.values(), last) for item in section)


def plain(html: str) -> str:
    """The words of sanitised HTML on one line, without its tags: where a block or a line ends, a space begins.

    Words that are struck out keep a mark on both sides: without one they would say the opposite of what is meant.
    """
    if "<s>" in html:
        html = _STRIKE.sub(STRIKE, _NEXT_STRIKE.sub(r"\1", _HOLLOW_STRIKE.sub(r"\1", html)))
    return " ".join(unescape(_TAG.sub("", _PARTING.sub(" ", html))).split())


def default_subject(titles: Iterable[str], spoken: Spoken = AS_WRITTEN) -> str:
    """The top headline, and how many follow: `Court annuls fine, and 4 more`."""
    headlines = list(titles)
    if not headlines:
        return ""
    more = len(headlines) - 1
    if more == 0:
        return headlines[0]
    return spoken.gettext("%(headline)s, and %(count)s more", headline=headlines[0], count=more)


def default_preheader(titles: Iterable[str]) -> str:
    """What an inbox shows behind the subject: the headlines that the subject does not name."""
    return " · ".join(list(titles)[1:4])


def to_json(content: Content) -> str:
    """The content as stored at the cut-off; `from_json` gives the same value back."""
    values = asdict(content)
    # Programs from before these keys, and before versions, refuse a key that they don't know.
    unused = [name for name in ("closing_html", "by_topic") if not values[name]]
    return packed({name: value for name, value in values.items() if name not in unused}, _VERSION)


def from_json(text: str) -> Content:
    """The content that `to_json` stored, also that of an earlier or later program (`domain.shared.stored`).

    What is missing is left empty or made again; raises UnreadableRecord where it can't be.
    """
    stored = unpacked(text, _VERSION, _NAME)
    issue_date = day(stored, _NAME, "issue_date")
    items = tuple(_item(item, issue_date) for item in parts(stored, _NAME, "items"))
    titles = [item.title for item in items]
    instead = {
        "number": 0,
        "subject": default_subject(titles),
        "preheader": default_preheader(titles),
        "introduction_html": "",
        "closing_html": "",
        "by_topic": False,
    }
    return Content(**known(Content, {**stored, "issue_date": issue_date, "items": items}, instead, _NAME))


def _item(stored: dict[str, Any], issue_date: date) -> Item:
    read = {
        "published_on": day(stored, _NAME, "published_on") if "published_on" in stored else issue_date,
        "sources": tuple(_source(source) for source in parts({"sources": [], **stored}, _NAME, "sources")),
        "topics": tuple(_topic(topic) for topic in parts({"topics": [], **stored}, _NAME, "topics")),
    }
    return Item(**known(Item, stored | read, {"publication": "", "body_html": ""}, _NAME))


def _source(stored: dict[str, Any]) -> Source:
    return Source(**known(Source, stored, {"title": needed(stored, _NAME, "url"), "publication": ""}, _NAME))


def _topic(stored: dict[str, Any]) -> ItemTopic:
    return ItemTopic(**known(ItemTopic, stored, {"name": needed(stored, _NAME, "slug")}, _NAME))


def changes(before: Content, after: Content) -> list[str]:
    """What an editor must look at again in a second proof, one plain sentence each."""
    old = {item.summary_id: item for item in before.items}
    new = {item.summary_id: item for item in after.items}
    found = [f"Added: “{new[key].title}”." for key in new if key not in old]
    found += [f"Removed: “{old[key].title}”." for key in old if key not in new]
    for key in new:
        if key in old and new[key] != old[key]:
            found.append(f"Changed: “{new[key].title}” ({', '.join(_differences(old[key], new[key]))}).")
    if [key for key in old if key in new] != [key for key in new if key in old]:
        found.append("The order changed.")
    if before.issue_date != after.issue_date:
        found.append(f"The date moved to {after.issue_date:%A} {after.issue_date.day} {after.issue_date:%B %Y}.")
    found += [
        f"The {name} changed." for name, field in _AROUND.items() if getattr(before, field) != getattr(after, field)
    ]
    return found


_AROUND = {
    "subject": "subject",
    "preheader": "preheader",
    "introduction": "introduction_html",
    "closing note": "closing_html",
    "sections": "by_topic",
}
_PARTS = {
    "headline": "title",
    "date": "published_on",
    "main contributor": "publication",
    "body": "body_html",
    "sources": "sources",
    "topics": "topics",
}


def _differences(old: Item, new: Item) -> list[str]:
    return [name for name, field in _PARTS.items() if getattr(old, field) != getattr(new, field)] or ["address"]
