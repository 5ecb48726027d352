"""The ids in our feeds: once published they stay, whatever becomes of names, slugs, the scheme or the host.

A feed reader knows an entry by its id alone (RFC 4287, 4.2.6): with another id everything would be new to it. So the
first public SITE_URL is kept in the database, and ids are made of that; until there is one, they are made of today's.
"""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.storage.base.patience import Busy
from digest.storage.guard.installations import installation
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import Topic

_LONGEST = 500


def remember_feed_root(context: Context) -> None:
    """Keep SITE_URL, if none is kept yet and this one is no address of a trial on one’s own machine."""
    url = context.settings.site_url
    if _is_for_trying(url) or len(url) > _LONGEST:
        return
    with context.db.reading() as session:
        if installation(session).feed_root:
            return
    # A start waits for nobody with this: the next one does it as well.
    with suppress(Busy), context.db.at_once().writing() as session:
        ours = installation(session)
        ours.feed_root = ours.feed_root or url


def feed_root(session: Session, settings: Settings) -> str:
    """What the ids of feeds and entries begin with."""
    return installation(session).feed_root or settings.site_url


def entry_id(root: str, summary: Summary) -> str:
    """A summary's id: a tag of its maker and the day (RFC 4151), which no change of its address touches."""
    return f"tag:{urlsplit(root).hostname},{summary.created_at:%Y-%m-%d}:summary/{summary.id}"


def feed_path(named: Topic | Publication) -> str:
    """The path of a topic's or publication's feed as its id has it: with the slug that it had at first. An entry names
    its publication by it, too (RFC 4287, 4.2.11: a source's id is its feed's).
    """
    folder = "topics" if isinstance(named, Topic) else "publications"
    return f"/{folder}/{named.feed_slug or named.slug}.atom"


def _is_for_trying(url: str) -> bool:
    host = urlsplit(url).hostname or "localhost"
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
