"""Entries of our feeds: what a summary says to feed readers, and what is left of a withdrawn one.

The publication is an entry's source, never its author: we wrote the words. Where the originals are stands in the text
too, since few feed readers show an entry's other links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from markupsafe import escape
from sqlalchemy.orm import Session
from werkzeug.urls import iri_to_uri

from digest.config import Settings
from digest.domain.issues.calendar import moment
from digest.domain.issues.crediting import credited
from digest.domain.issues.edition import Source
from digest.domain.shared.iris import as_uri
from digest.domain.shared.urls import is_safe
from digest.domain.writing.markup import sanitised
from digest.operations.archive.feed_ids import entry_id, feed_path
from digest.operations.shared.links import summary_url
from digest.storage.archive.beside import published_on_desk
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import Summary, Withdrawal
from digest.storage.writing.topics import Topic
from digest.web.shared.languages import language


@dataclass(frozen=True)
class FeedEntry:
    """A summary in a feed. `originals` are the articles that it stands on, with addresses in ASCII."""

    id: str
    url: str
    title: str
    html: str
    published: datetime
    updated: datetime
    publication: str
    publication_id: str
    originals: tuple[Source, ...]
    topics: tuple[tuple[str, str], ...]
    """Slug and name of each."""
    changed: datetime
    """When anything of this was last written, names among it."""


@dataclass(frozen=True)
class Tombstone:
    """What is left of a withdrawn summary, so that feed readers forget it: not its address, which has its words."""

    id: str
    at: datetime
    reason: str


def feed_entries(session: Session, site: Settings, root: str, summaries: Sequence[Summary]) -> list[FeedEntry]:
    """These published summaries as entries, in their order; `root` is what ids begin with."""
    written_here = published_on_desk(session, [summary.id for summary in summaries])
    return [_entry(site, root, summary, summary.id in written_here) for summary in summaries]


def tombstones(root: str, withdrawn: Sequence[tuple[Withdrawal, Summary]]) -> list[Tombstone]:
    """What is left of these."""
    return [Tombstone(entry_id(root, summary), each.at, each.reason) for each, summary in withdrawn]


def permanent(site: Settings, summary: Summary) -> str:
    """A summary's permanent address, as ASCII."""
    return iri_to_uri(summary_url(site, summary.publication.slug, summary.slug, summary.id))


def _entry(site: Settings, root: str, summary: Summary, written_here: bool) -> FeedEntry:
    published, updated = _dates(site, summary, written_here)
    links = [Source(link.url, link.title, link.publication) for link in summary.sources if is_safe(link.url)]
    originals = tuple(
        Source(as_uri(link.url), link.title, link.publication) for link in credited(links, summary.publication.name)
    )
    names: tuple[Publication | Topic, ...] = (summary.publication, *summary.topics)
    renamed = [name.renamed_at for name in names if name.renamed_at]
    return FeedEntry(
        id=entry_id(root, summary),
        url=permanent(site, summary),
        title=summary.title,
        html=sanitised(summary.body_html) + _full_stories(originals),
        published=published,
        updated=updated,
        publication=summary.publication.name,
        publication_id=root + feed_path(summary.publication),
        originals=originals,
        topics=tuple((topic.slug, topic.name) for topic in summary.topics),
        changed=max([summary.updated_at, *renamed]),
    )


def _dates(site: Settings, summary: Summary, written_here: bool) -> tuple[datetime, datetime]:
    """When it was published and last changed. What came in a file keeps the date that it came with, until it is
    changed here: else an archive that moves in would be today's news to every feed reader.
    """
    published_at = summary.published_at or summary.created_at
    if written_here:
        return published_at, max(published_at, summary.updated_at)
    published = moment(summary.published_on, time(), site.schedule.zone)
    return published, published if summary.updated_at <= published_at else max(published, summary.updated_at)


def _full_stories(originals: Sequence[Source]) -> str:
    links = [
        f'<a href="{escape(each.url)}">{escape(each.title or each.publication or each.url)}</a>'
        + (f" ({escape(each.publication)})" if each.title and each.publication else "")
        for each in originals
    ]
    if not links:
        return ""
    words = language().ngettext("Read the full story:", "Read the full stories:", len(links))
    return f"<p>{words} {'; '.join(links)}</p>"
