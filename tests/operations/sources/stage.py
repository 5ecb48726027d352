"""Publishers on loopback, sources that watch them, and a poller whose clock moves only when it waits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from sqlalchemy import select

from digest.config import Settings
from digest.domain.sources.states import SourceKind
from digest.operations.shared.context import Context
from digest.operations.sources.collecting import Poll, Poller, poll
from digest.operations.sources.visiting import PacedFetcher
from digest.storage.base.database import Database
from digest.storage.sources.leads import Lead
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import publication_named
from tests.conftest import TUESDAY
from tests.feeds.internet import loopback

HOUR = timedelta(hours=1)


@dataclass
class Rounds:
    """An installation that polls, at the moment that a test says."""

    db: Database
    settings: Settings
    now: datetime = TUESDAY
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        return Context(self.db, self.settings, self.now)

    def poller(self) -> Poller:
        return Poller(
            self.db, self.settings, loopback(), lambda: self.now, wait=self.wait, **{"hands": 4} | self.options
        )

    def asker(self) -> PacedFetcher:
        """Who asks for an editor."""
        return PacedFetcher(self.db, self.settings, loopback(), lambda: self.now, self.wait)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def poll(self, after: timedelta = timedelta(), everything: bool = False) -> Poll:
        self.now += after
        return poll(self.poller(), everything)

    def watch(self, url: str, **values: Any) -> int:
        """A source, added now."""
        with self.db.writing() as session:
            publication = publication_named(session, values.pop("publication", "Example News"))
            source = WatchedSource(
                kind=values.pop("kind", SourceKind.FEED),
                publication_id=publication.id,
                url=url,
                fetch_url=url,
                added_at=self.now,
                next_at=self.now,
                **values,
            )
            session.add(source)
            session.flush()
            return source.id

    def source(self, source_id: int) -> WatchedSource:
        with self.db.reading() as session:
            source = session.get_one(WatchedSource, source_id)
            session.expunge(source)
            return source

    def set(self, source_id: int, **values: Any) -> None:
        with self.db.writing() as session:
            source = session.get_one(WatchedSource, source_id)
            for name, value in values.items():
                setattr(source, name, value)

    def leads(self) -> list[str]:
        """Titles of all leads, in the order in which they came."""
        with self.db.reading() as session:
            return list(session.execute(select(Lead.title).order_by(Lead.id)).scalars())


def rss(*entries: tuple[str, datetime | None], extra: str = "") -> bytes:
    """A feed with these titles and dates."""
    items = "".join(
        f"<item><guid>{title}</guid><title>{title}</title><link>https://news.example/{title}</link>"
        + (f"<pubDate>{format_datetime(at)}</pubDate>" if at else "")
        + "</item>"
        for title, at in entries
    )
    head = f"<title>Example News</title><link>https://news.example/</link>{extra}"
    return f'<rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()
