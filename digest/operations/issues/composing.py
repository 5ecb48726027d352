"""Putting the digest together: what an issue says now, and exactly how it looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.catalogues import speaking
from digest.config.languages import NAMES
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.choosing import ChosenContent
from digest.domain.issues.crediting import credited
from digest.domain.issues.edition import (
    Content,
    Item,
    ItemTopic,
    Source,
    default_preheader,
    default_subject,
    from_json,
    in_sections,
)
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.links import addresses_to_check
from digest.domain.issues.preflight import Beside, PreflightFault, check, check_edition
from digest.domain.running.branding import Branding
from digest.domain.running.branding import from_json as branding_from_json
from digest.domain.shared.stored import known, packed, unpacked
from digest.domain.shared.urls import is_safe
from digest.domain.writing import markup
from digest.mail.message.foreign import foreign_in
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import Rendered, Tags, new_tags, personalise, render_digest, render_editions
from digest.mail.sendgrid.account import in_words
from digest.operations.shared.links import summary_url
from digest.storage.events.sendgrid_status import sendgrid_status
from digest.storage.issues.issues import Closing, Issue, issue_number, issues_being_sent, last_closing
from digest.storage.issues.link_checks import link_findings
from digest.storage.issues.selections import carried_before, selected_summaries
from digest.storage.writing.summaries import Summary

_TAGS, _TAGS_VERSION = "digest’s tags", 1


@dataclass(frozen=True)
class Composed:
    """A digest as it stands: what it says, how it looks with its tags in, what pre-flight finds."""

    content: Content
    rendered: Rendered
    tags: Tags
    faults: tuple[PreflightFault, ...]
    branding: Branding
    """The publication under which it is made, so that its editions are made under the same."""

    @property
    def blocking(self) -> list[str]:
        """What keeps it from going, a sentence each."""
        return [str(fault) for fault in self.faults if fault.blocks]

    @property
    def html_bytes(self) -> int:
        """The size of the HTML part."""
        return len(self.rendered.html.encode())


def compose(session: Session, settings: Settings, issue: Issue) -> Composed:
    """The issue's digest: the stored one once it is closed, before that what closing now would store."""
    closing = last_closing(session, issue)
    if issue.state != IssueState.OPEN and closing:
        return examined(session, settings, issue, stored(closing, settings))
    return compose_now(session, settings, issue)


def compose_now(session: Session, settings: Settings, issue: Issue) -> Composed:
    """What closing the issue now would store, with all that pre-flight finds."""
    return examined(session, settings, issue, render(content_of(session, settings, issue), settings))


def render(content: Content, settings: Settings) -> Composed:
    """The content rendered afresh, with tags of its own; pre-flight has seen only what the content itself says."""
    tags = new_tags()
    rendered = render_digest(content, identity_of(settings), tags)
    return Composed(content, rendered, tags, tuple(check(content, len(rendered.html.encode()))), settings.branding)


def stored(closing: Closing, settings: Settings) -> Composed:
    """The digest as it was closed, byte for byte; pre-flight has seen only what the content itself says."""
    content = from_json(closing.content)
    rendered = Rendered(closing.subject, closing.text, closing.html)
    faults = tuple(check(content, len(closing.html.encode())))
    branding = branding_from_json(closing.branding, settings.branding)
    return Composed(content, rendered, tags_from_json(closing.tags), faults, branding)


def examined(session: Session, settings: Settings, issue: Issue, composed: Composed) -> Composed:
    """The same digest, with all that pre-flight finds: also in its links, in what went before, in how it is mailed."""
    content, rendered = composed.content, composed.rendered
    beside = Beside(
        links=link_findings(session, addresses_to_check(content)),
        carried=carried_before(session, issue.id, [item.summary_id for item in content.items]),
        no_unsubscribe=not all(composed.tags.unsubscribe in part for part in (rendered.text, rendered.html)),
        foreign=tuple(foreign_in(rendered.html)),
        no_address=settings.mail_transport == "sendgrid" and not _names(rendered.text, settings.postal_address),
        sending=tuple(_faults_of_sending(session, settings)),
    )
    return replace(composed, faults=tuple(check(content, composed.html_bytes, beside)))


def _names(text: str, address: str) -> bool:
    """Whether a text that was wrapped has the address in it."""
    return bool(address.strip()) and "".join(address.split()) in "".join(text.split())


def _faults_of_sending(session: Session, settings: Settings) -> Iterator[str]:
    if settings.mail_transport != "sendgrid":
        return
    if not settings.sendgrid_api_key or not settings.mail_from:
        yield "SendGrid’s key or the sender is not set. The operator sets SENDGRID_API_KEY and MAIL_FROM."
    status = sendgrid_status(session)
    if status and not status.well:
        yield f"SendGrid says of our account: {in_words(status.word).heading.rstrip('.')}. Tell the operator."
    for issue in issues_being_sent(session):
        if issue.paused_because:
            yield f"the send of {day_and_year(issue.send_date)} stands still ({issue.paused_because.rstrip('.')})."


def compose_editions(whole: Composed, editions: Sequence[ChosenContent], settings: Settings) -> list[Composed]:
    """Editions of a digest, each as one choice of topics sees it; the whole issue stays as it is, byte for byte.

    Pre-flight has seen of an edition what can differ in it.
    """
    identity = identity_of(replace(settings, branding=whole.branding))
    tagged = [(chosen, new_tags()) for chosen in editions if not chosen.is_whole]
    rendered = iter(zip(tagged, render_editions(tagged, identity), strict=True))
    return [whole if chosen.is_whole else _edition(*next(rendered), whole.branding) for chosen in editions]


def _edition(tagged: tuple[ChosenContent, Tags], rendered: Rendered, branding: Branding) -> Composed:
    chosen, tags = tagged
    faults = tuple(check_edition(chosen, len(rendered.html.encode())))
    return Composed(chosen.content, rendered, tags, faults, branding)


def has_own_subject(content: Content) -> bool:
    """Whether an editor wrote the subject, so that it stays in every edition: it is the default in no language."""
    titles = [item.title for item in content.items]
    return all(content.subject != default_subject(titles, speaking(tag)) for tag in NAMES)


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
    items = tuple(item_of(settings, summary) for summary in selected_summaries(session, issue.id))
    if issue.by_topic:
        items = in_sections(items)
    titles = [item.title for item in items]
    return Content(
        issue_date=issue.send_date,
        number=issue_number(session, issue),
        subject=issue.subject
        or default_subject(titles, speaking(settings.branding.language))
        or f"{settings.site_name}: nothing selected yet",
        preheader=issue.preheader or default_preheader(titles),
        introduction_html=markup.from_markdown(issue.introduction),
        items=items,
        closing_html=markup.from_markdown(issue.closing_note),
        by_topic=issue.by_topic,
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


def item_of(settings: Settings, summary: Summary) -> Item:
    """A summary as an issue shows it."""
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
