"""What differs between readers of one edition: random tags in its text, and the values put in their place."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

from digest.domain.issues.choosing import ChosenContent
from digest.mail.message.plaintext import as_text

_KEPT = 512
"""Texts of which all forms are kept, since the editions of an issue share them."""


@dataclass(frozen=True)
class Rendered:
    """A message ready for a transport."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Tags:
    """The tags of one edition. The first two stand for a whole URL, the last for a date such as `3 February 2024`."""

    unsubscribe: str
    preferences: str
    since: str


class ForgedTag(ValueError):
    """A text holds a tag of its own edition, so a reader's private link would be printed inside it."""


def new_tags() -> Tags:
    """Tags that nobody could have written beforehand; delimited, and none inside another."""
    key = secrets.token_hex(16)
    return Tags(f"-{key}-unsubscribe-", f"-{key}-preferences-", f"-{key}-since-")


def personalise(rendered: Rendered, values: Mapping[str, str]) -> Rendered:
    """One reader's copy: each tag replaced by its value, escaped in the HTML part and as it is in the text part."""
    text, page = rendered.text, rendered.html
    for tag, value in values.items():
        text = text.replace(tag, value)
        page = page.replace(tag, html.escape(value))
    return Rendered(rendered.subject, text, page)


def retagged(rendered: Rendered, before: Tags, after: Tags) -> Rendered:
    """The same with other tags; no text of it may hold one of either."""
    text, page = rendered.text, rendered.html
    for field in fields(Tags):
        old, new = getattr(before, field.name), getattr(after, field.name)
        text, page = text.replace(old, new), page.replace(old, new)
    return Rendered(rendered.subject, text, page)


def refuse_forged(chosen: ChosenContent, tags: Tags) -> None:
    """Raise ForgedTag where a text of an edition holds a tag, plainly, as entities, or once its markup is gone."""
    for where, text in _texts(chosen):
        if any(tag in form for tag in (tags.unsubscribe, tags.preferences, tags.since) for form in _forms(text)):
            raise ForgedTag(f"{where} contains a tag of this edition: take it out, then build the digest again.")


@lru_cache(_KEPT)
def _forms(text: str) -> tuple[str, str, str]:
    return text, html.unescape(text), as_text(text)


def _texts(chosen: ChosenContent) -> Iterator[tuple[str, str]]:
    content = chosen.content
    yield "The subject", content.subject
    yield "The preheader", content.preheader
    yield "The introduction", content.introduction_html
    yield "The closing note", content.closing_html
    for item in (*content.items, *chosen.headlines):
        name = f"“{item.title}”"
        for text in (item.title, item.url, item.publication, item.body_html):
            yield name, text
        for source in item.sources:
            for text in (source.url, source.title, source.publication):
                yield name, text
        for topic in item.topics:
            yield name, topic.name
