"""Housekeeping: what is no longer needed goes, on time and by itself, a little at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from digest.config.retention import (
    ALERTS_KEPT,
    EVENTS_KEPT,
    LEADS_KEPT,
    LINK_CHECKS_KEPT,
    MESSAGES_KEPT,
    OFFERS_KEPT,
    RATE_COUNTS_KEPT,
    UNTOUCHED_LEADS,
)
from digest.operations.shared.wakeups import pause
from digest.operations.sources.receiving import note_silence
from digest.operations.writing.shelving import GAP
from digest.storage.base.database import Database
from digest.storage.base.rate_limits import counts_before, forget_counts
from digest.storage.issues.link_checks import forget_link_checks
from digest.storage.messages.alerts import forget_alerts
from digest.storage.messages.messages import forget_messages, messages_before
from digest.storage.messages.outgoing_events import forget_events
from digest.storage.people.desk_sessions import forget_old_sessions
from digest.storage.readers.signups import (
    expired_signups,
    forget_expired_signups,
    forget_given_up_subscribers,
    given_up_subscribers,
)
from digest.storage.readers.subscribers import lock_subscribers
from digest.storage.sources.kept_answers import forget_kept_answers
from digest.storage.sources.newsletters import forget_newsletters, old_newsletters
from digest.storage.sources.old_leads import (
    empty_stories,
    forget_leads,
    forget_stories,
    retire_leads,
    untouched_leads,
    unused_leads,
)

AT_ONCE = 500
"""Rows in one transaction: a form gives up after three seconds, and a flood leaves many to delete."""


def tidy_up(db: Database, now: datetime, leads_kept: timedelta = LEADS_KEPT) -> None:
    """Delete sign-ups that were never confirmed within seven days, finished messages after 30 days, and the like.

    Leads that nobody touched for 14 days retire; those that nobody used are deleted after `leads_kept`,
    and newsletters after as long.
    """
    _forget(db, lambda s: expired_signups(s, now), lambda s, ids: forget_expired_signups(s, now, ids))
    _forget(db, lambda s: given_up_subscribers(s, now), lambda s, ids: forget_given_up_subscribers(s, now, ids))
    _forget(db, lambda s: messages_before(s, now - MESSAGES_KEPT), forget_messages)
    _forget(db, lambda s: counts_before(s, now - RATE_COUNTS_KEPT), forget_counts)
    with db.writing() as session:
        forget_old_sessions(session, now)
        forget_link_checks(session, now - LINK_CHECKS_KEPT)
        forget_alerts(session, now - ALERTS_KEPT)
        forget_events(session, now - EVENTS_KEPT)
        forget_kept_answers(session, now - OFFERS_KEPT)
    _in_turn(db, lambda s: untouched_leads(s, now - UNTOUCHED_LEADS), retire_leads)
    _in_turn(db, lambda s: unused_leads(s, now - leads_kept), forget_leads)
    _in_turn(db, lambda s: old_newsletters(s, now - leads_kept), forget_newsletters)
    note_silence(db, now)
    _in_turn(db, lambda s: empty_stories(s, now - leads_kept), forget_stories)


def _forget(
    db: Database, find: Callable[[Session], Sequence[int]], forget: Callable[[Session, Sequence[int]], None]
) -> None:
    """Delete what hangs on subscribers: whoever asks for the digest meanwhile must not lose their row."""

    def forget_under_lock(session: Session, ids: Sequence[int]) -> None:
        lock_subscribers(session)
        forget(session, ids)

    _in_turn(db, find, forget_under_lock)


def _in_turn(
    db: Database, find: Callable[[Session], Sequence[int]], act: Callable[[Session, Sequence[int]], None]
) -> None:
    """Look without a lock, then act on a few at a time."""
    with db.reading() as session:
        ids = find(session)
    for start in range(0, len(ids), AT_ONCE):
        if start:
            pause(GAP)
        with db.writing() as session:
            act(session, ids[start : start + AT_ONCE])
