"""Looking at where the current issue leads: each address at most once a day, one at a time, and never in a transaction.

Who asks an address is handed in (`CheckLink`), since that goes through the guard of the feeds' world. What it answers
stands in pre-flight from then on, on the desk and at the cut-off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from digest.config import Settings
from digest.domain.issues.links import LinkFinding, addresses_to_check
from digest.operations.issues.composing import content_of
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from digest.storage.issues.link_checks import checked_since, forget_link_checks, put_link_finding

CheckLink = Callable[[str], LinkFinding]
"""Asks one address and says what it found; never raises for what an address answers."""

AGAIN = timedelta(days=1)
"""How long what was found counts."""
KEPT = timedelta(days=60)
_MOST_A_TICK = 5


def check_current_links(process: Process, check: CheckLink, most: int = _MOST_A_TICK) -> int:
    """Ask some addresses of the current issue that nobody asked within a day, one of a host; returns how many.

    A tick does so every few seconds, so that no host is asked more often than that.
    """
    due = _one_of_a_host(links_due(process.context()))[:most]
    for url in due:
        if process.stop.is_set():
            break
        finding = check(url)
        with process.db.writing() as session:
            put_link_finding(session, url, finding, process.clock())
    return len(due)


def links_due(context: Context) -> list[str]:
    """The addresses of the current issue that nobody asked within a day, in its order."""
    with context.db.reading() as session:
        issue = current_issue(session)
        urls = addresses_to_check(content_of(session, context.settings, issue)) if issue else []
        urls = [url for url in urls if not _is_ours(url, context.settings)]
        known = checked_since(session, urls, context.now - AGAIN)
    return [url for url in urls if url not in known]


def forget_old_links(db: Database, now: datetime) -> None:
    """Drop what was found at addresses that no issue has had for long."""
    with db.writing() as session:
        forget_link_checks(session, now - KEPT)


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
