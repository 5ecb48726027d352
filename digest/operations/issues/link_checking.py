"""Looking at where the current issue leads: each address at most once a day, one at a time, and never in a transaction.

Who asks an address is handed in; `link_checker` makes one of the feeds' guard. What it answers stands in pre-flight
from then on, on the desk and at the cut-off. The demo's links lead nowhere, and nobody is asked about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from digest.config import Settings
from digest.domain.issues.links import LinkFinding, addresses_to_check
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import PAGES, Obstacle, Unreachable
from digest.feeds.fetching.link_checks import verdict_of
from digest.operations.issues.composing import content_of
from digest.operations.shared.context import Context, Process
from digest.storage.issues.issues import current_issue
from digest.storage.issues.link_checks import checked_since, put_link_finding
from digest.storage.running.demo_marks import has_demo

CheckLink = Callable[[str], LinkFinding | None]
"""Asks one address and says what it found, None where its host wants to be let be; never raises for what it answers."""

AGAIN = timedelta(days=1)
"""How long what was found counts."""
_MOST_AT_ONCE = 5
_PATIENCE = 15.0
"""Seconds for a whole answer."""


def link_checker(asker: Asker) -> CheckLink:
    """Asks an address through the guard of the feeds' world."""

    def check(url: str) -> LinkFinding | None:
        try:
            verdict = verdict_of(asker.get(url, accept=PAGES, deadline=_PATIENCE))
        except Unreachable as error:
            if error.obstacle is Obstacle.HELD:
                return None
            verdict = verdict_of(error)
        return LinkFinding(verdict.state, verdict.moved_to or verdict.words)

    return check


def check_current_links(process: Process, check: CheckLink, most: int = _MOST_AT_ONCE) -> int:
    """Ask some addresses of the current issue that nobody asked within a day, one of a host; returns how many.

    The clock does so every few seconds, so that no host is asked more often than that.
    """
    asked = 0
    for url in _one_of_a_host(links_due(process.context())):
        if asked >= most or process.stop.is_set():
            break
        if finding := check(url):  # else its host is to be let be, and it stays due
            asked += 1
            with process.db.writing() as session:
                put_link_finding(session, url, finding, process.clock())
    return asked


def links_due(context: Context) -> list[str]:
    """The addresses of the current issue that nobody asked within a day, in its order."""
    with context.db.reading() as session:
        issue = None if has_demo(session) else current_issue(session)
        urls = addresses_to_check(content_of(session, context.settings, issue)) if issue else []
        urls = [url for url in urls if not _is_ours(url, context.settings)]
        known = checked_since(session, urls, context.now - AGAIN)
    return [url for url in urls if url not in known]


def _is_ours(url: str, settings: Settings) -> bool:
    return url.startswith(f"{settings.site_url}/")


def _one_of_a_host(urls: Sequence[str]) -> list[str]:
    first: dict[str, str] = {}
    for url in urls:
        first.setdefault(_host(url), url)
    return list(first.values())


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return url
