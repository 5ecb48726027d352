"""What differs between readers of one edition: random tags in its text, and the values put in their place."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from digest.domain.issues.edition import Content
from digest.mail.plaintext import as_text


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


def refuse_forged(content: Content, tags: Tags) -> None:
    """Raise ForgedTag where a text of the content holds a tag, plainly, as entities, or once its markup is gone."""
    for where, text in _texts(content):
        forms = (text, html.unescape(text), as_text(text))
        if any(tag in form for tag in (tags.unsubscribe, tags.preferences, tags.since) for form in forms):
            raise ForgedTag(f"{where} contains a tag of this edition: take it out, then build the digest again.")


def _texts(content: Content) -> Iterator[tuple[str, str]]:
    yield "The subject", content.subject
    yield "The preheader", content.preheader
    yield "The introduction", content.introduction_html
    yield "The closing note", content.closing_html
    for item in content.items:
        name = f"“{item.title}”"
        for text in (item.title, item.url, item.publication, item.body_html):
            yield name, text
        for source in item.sources:
            for text in (source.url, source.title, source.publication):
                yield name, text
        for topic in item.topics:
            yield name, topic.name
