"""Finding what can be watched at an address: the feed itself, the feed that its page names, or the page as a list.

Asks strangers, and touches no database. Few requests: one for the address, and one for each feed that it may have.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.domain.shared.urls import safe_url
from digest.domain.sources.answers import AnswerOutcome
from digest.domain.sources.states import SourceKind
from digest.feeds.base.entries import Bulletin
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import FEEDS, Unreachable, WebAnswer
from digest.feeds.listings.sitemap_recipes import SitemapRecipe
from digest.feeds.pages.discovery import feeds_of, guesses
from digest.operations.shared.refusal import Refused
from digest.operations.sources.asking import PATIENCE, Heard, heard

_MOST_NAMED = 3
_MOST_GUESSED = 4
_SHORTEST_LIST = 3
_IN_ALL, _AT_LEAST = 40.0, 1.0


@dataclass(frozen=True)
class FoundSource:
    """What can be watched: its kind, the address to ask, and what it answered just now."""

    kind: SourceKind
    url: str
    heard: Heard
    bulletin: Bulletin
    fetch_url: str = ""
    """Of a page read through its site's sitemap: where that is."""
    sitemap: SitemapRecipe | None = None


class NoListFound(Refused):
    """Neither a feed nor a list of items is at the page; an editor may still point at one of its items."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"No feed was found at {url}, and no list of items on the page. Open it in a browser, look for its feed or "
            "for the page that lists its news, and give that address."
        )
        self.url = url


@dataclass(frozen=True)
class Search:
    """With what is searched, and until when: what answers slowly must not keep an editor for long."""

    asker: Asker
    ends: float = field(default_factory=lambda: time.monotonic() + _IN_ALL)

    def patience(self) -> float:
        """Seconds for the next answer. The servers choose how many feeds they name and how slowly they speak."""
        return min(PATIENCE, max(_AT_LEAST, self.ends - time.monotonic()))

    def is_over(self) -> bool:
        """Whether the time for all answers together has gone."""
        return time.monotonic() >= self.ends


def find(search: Search, address: str) -> FoundSource:
    """What can be watched at this address, which may lack its scheme. Raises Refused with the reason and the remedy."""
    url = whole_address(address)
    try:
        answer = search.asker.get(url, accept=FEEDS, deadline=search.patience())
    except Unreachable as error:
        raise Refused(str(error)) from None
    first = heard(answer, SourceKind.FEED, "")
    if first.outcome is not AnswerOutcome.READ:
        raise Refused(first.words or f"It answers with status {answer.status}, which brings nothing.")
    if first.bulletin:
        return FoundSource(SourceKind.FEED, url, first, first.bulletin)
    return _named_or_guessed(search, answer) or _page(url, answer)


def whole_address(address: str) -> str:
    """A web address that may lack its scheme. Raises Refused for any other."""
    address = address.strip()
    try:
        return safe_url(address if "://" in address else f"https://{address}")
    except ValueError as error:
        raise Refused(str(error)) from None


def _named_or_guessed(search: Search, page: WebAnswer) -> FoundSource | None:
    named = [feed.url for feed in feeds_of(page.body, page.content_type, page.url)][:_MOST_NAMED]
    if found := _first_feed(search, named):
        return found
    guessed = [url for url in guesses(page.url) if url not in named][:_MOST_GUESSED]
    return _first_feed(search, guessed)


def _first_feed(search: Search, urls: Iterable[str]) -> FoundSource | None:
    for url in urls:
        if search.is_over():
            return None
        try:
            safe_url(url)
            answer = search.asker.get(url, accept=FEEDS, deadline=search.patience())
        except (Unreachable, ValueError):
            continue
        found = heard(answer, SourceKind.FEED, "")
        if found.outcome is AnswerOutcome.READ and found.bulletin:
            return FoundSource(SourceKind.FEED, url, found, found.bulletin)
    return None


def _page(url: str, answer: WebAnswer) -> FoundSource:
    found = heard(answer, SourceKind.PAGE, "")
    if found.words or found.bulletin is None or len(found.bulletin.entries) < _SHORTEST_LIST:
        raise NoListFound(url)
    return FoundSource(SourceKind.PAGE, url, found, found.bulletin)
