"""Asking strangers for an editor who waits: two at once in a process, and with no transaction open meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from digest.feeds.fetching.fetcher import Fetcher
from digest.feeds.fetching.rules import fetch_rules
from digest.operations.shared.refusal import Refused
from digest.operations.sources.visiting import PacedFetcher
from digest.web.shared.context import db, end_reading, settings

_PLACES = threading.BoundedSemaphore(2)
"""A stranger may answer as slowly as they like: the other threads stay free for readers."""
_WAIT = 3.0


@contextmanager
def asking_strangers() -> Iterator[PacedFetcher]:
    """A fetcher that heeds hosts, until the block ends. Raises Refused where others are waiting for strangers, too."""
    end_reading()
    if not _PLACES.acquire(timeout=_WAIT):
        raise Refused("Others wait for answers from elsewhere at this moment. Try it again in half a minute.")
    try:
        yield PacedFetcher(db(), settings(), Fetcher(fetch_rules(settings())))
    finally:
        _PLACES.release()
