"""Putting the digest together: what an issue says now, and exactly how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.crediting import credited
from digest.domain.issues.edition import (
    Content,
    Item,
    ItemTopic,
    Source,
    default_preheader,
    default_subject,
    for_topics,
    from_json,
)
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.preflight import PreflightFault, check
from digest.domain.shared.stored import known, packed, unpacked
from digest.domain.shared.urls import is_safe
from digest.domain.writing import markup
from digest.mail.identity import identity_of
from digest.mail.rendering import Rendered, Tags, new_tags, personalise, render_digest
from digest.operations.shared.links import summary_url
from digest.storage.issues.issues import Closing, Issue, issue_number, last_closing
from digest.storage.issues.selections import selected_summaries
from digest.storage.writing.summaries import Summary

_TAGS, _TAGS_VERSION = "digest’s tags", 1


@dataclass(frozen=True)
class Composed:
    """A digest as it stands: what it says, how it looks with its tags in, what pre-flight finds."""

    content: Content
    rendered: Rendered
    tags: Tags
    faults: tuple[PreflightFault, ...]

    @property
    def html_bytes(self) -> int:
        """The size of the HTML part."""
        return len(self.rendered.html.encode())


def compose(session: Session, settings: Settings, issue: Issue) -> Composed:
    """The issue's digest: the stored one once it is closed, before that what closing now would store."""
    closing = last_closing(session, issue)
    if issue.state != IssueState.OPEN and closing:
        return stored(closing)
    return render(content_of(session, settings, issue), settings)


def render(content: Content, settings: Settings) -> Composed:
    """The content rendered afresh, with tags of its own."""
    tags = new_tags()
    rendered = render_digest(content, identity_of(settings), tags)
    return Composed(content, rendered, tags, tuple(check(content, len(rendered.html.encode()))))


def stored(closing: Closing) -> Composed:
    """The digest as it was closed, byte for byte."""
    content = from_json(closing.content)
    rendered = Rendered(closing.subject, closing.text, closing.html)
    faults = tuple(check(content, len(closing.html.encode())))
    return Composed(content, rendered, tags_from_json(closing.tags), faults)


def compose_for_topics(composed: Composed, choice: frozenset[str], settings: Settings) -> Composed:
    """The same digest as one choice of topics sees it; everything, where the choice is empty."""
    content = for_topics(composed.content, choice, own_subject=has_own_subject(composed.content))
    return composed if content is composed.content else render(content, settings)


def has_own_subject(content: Content) -> bool:
    """Whether an editor wrote the subject, so that it stays in every edition."""
    return content.subject != default_subject(item.title for item in content.items)


def sample(composed: Composed, settings: Settings, today: date) -> Rendered:
    """The digest with believable values in place of its tags, to be looked at; its links lead nowhere private."""
    nowhere = {
        "unsubscribe": f"{settings.site_url}/unsubscribe/preview",
        "preferences": f"{settings.site_url}/preferences/preview",
    }
    return personalise(composed.rendered, tag_values(composed.tags, since=day_and_year(today), **nowhere))


def tag_values(tags: Tags, unsubscribe: str, preferences: str, since: str) -> Mapping[str, str]:
    """What goes in place of each tag for one reader."""
    return {tags.unsubscribe: unsubscribe, tags.preferences: preferences, tags.since: since}


def content_of(session: Session, settings: Settings, issue: Issue) -> Content:
    """What the issue says as it stands in the database."""
    items = tuple(_item(settings, summary) for summary in selected_summaries(session, issue.id))
    titles = [item.title for item in items]
    return Content(
        issue_date=issue.send_date,
        number=issue_number(session, issue),
        subject=issue.subject or default_subject(titles) or f"{settings.site_name}: nothing selected yet",
        preheader=issue.preheader or default_preheader(titles),
        introduction_html=markup.from_markdown(issue.introduction),
        items=items,
    )


def tags_to_json(tags: Tags) -> str:
    """The tags as stored."""
    return packed(asdict(tags), _TAGS_VERSION)


def tags_from_json(text: str) -> Tags:
    """The tags that `tags_to_json` stored, also those of an earlier or later program (`domain.shared.stored`).

    Where the date's tag is missing, one stands in its place that no text has; a reader's links can't be missing. Raises
    UnreadableRecord then, and for tags of a newer version: a tag not known here would be read by readers.
    """
    stored = unpacked(text, _TAGS_VERSION, _TAGS)
    return Tags(**known(Tags, stored, {"since": new_tags().since}, _TAGS))


def _item(settings: Settings, summary: Summary) -> Item:
    return Item(
        summary_id=summary.id,
        title=summary.title,
        url=summary_url(settings, summary.publication.slug, summary.slug, summary.id),
        publication=summary.publication.name,
        published_on=summary.published_on,
        body_html=markup.sanitised(summary.body_html),
        sources=credited(
            [
                Source(link.url, link.title or summary.title, link.publication)
                for link in summary.sources
                if is_safe(link.url)
            ],
            summary.publication.name,
        ),
        topics=tuple(ItemTopic(topic.slug, topic.name) for topic in summary.topics),
    )
