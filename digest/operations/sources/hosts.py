"""What hosts ask of us, written down for all who ask them: the poller, discovery, articles, pages and link checks."""

from __future__ import annotations

from datetime import datetime

from digest.domain.sources.politeness import hold_of
from digest.operations.shared.context import Work
from digest.storage.base.database import one_at_a_time
from digest.storage.sources.polling import host_named, known_host

POLLING = "polling"
"""What only one transaction at a time does, on PostgreSQL: say whose turn it is, and how hosts stand."""


def hold_host(work: Work, host: str, retry_after: datetime | None) -> datetime:
    """Write that a host said “too many” or “not now” (429, 503); until when nobody asks it."""
    one_at_a_time(work.session, POLLING)
    row = host_named(work.session, host)
    row.refusals = (row.refusals or 0) + 1
    row.not_before = hold_of(work.now, retry_after, row.refusals, work.settings.feed_interval)
    return row.not_before


def host_is_well(work: Work, host: str) -> None:
    """Write that a host answered: its next “not now” is a first one again."""
    row = known_host(work.session, host)
    if row is not None and row.refusals:
        row.refusals = 0
