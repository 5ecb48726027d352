"""The watch: each minute it looks for what is wrong, and begins, repeats or ends alerts. Safe in several clocks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from digest.domain.running.alerts import has_ended
from digest.operations.messages.alerting import Sighting, end_unseen, see_again, sight
from digest.operations.running import sightings
from digest.operations.running.doctor import examine_abroad
from digest.operations.running.doctor_at_home import at_home
from digest.operations.shared.context import Context
from digest.operations.shared.fault_log import FaultLog
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.messages.alerts import open_alerts

HOME_EVERY, ABROAD_EVERY = timedelta(minutes=5), timedelta(hours=1)
_SETTLED_AFTER = timedelta(minutes=2)
"""A clock that was just started asks nobody at once, and has not seen enough yet to call anything over."""

log = logging.getLogger(__name__)


class Watch:
    """Of one clock: when it last asked the doctor, and what fails in it (`fault_log`)."""

    def __init__(self, fault_log: FaultLog) -> None:
        self._fault_log = fault_log
        self._asked_at: datetime | None = None
        self._home_due: datetime | None = None
        self._abroad_due: datetime | None = None

    def look(self, context: Context) -> None:
        """Look at everything that is due, and tell what is to be told."""
        if self._home_due is None or self._abroad_due is None:
            self._home_due, self._abroad_due = context.now, context.now + _SETTLED_AFTER
        found = [*in_the_database(context), *sightings.of_duties(self._fault_log.lasting())]
        if context.now >= self._home_due:
            self._home_due = context.now + HOME_EVERY
            found += _carefully("what the doctor finds", lambda: sightings.of_findings(at_home(context), False))
            found += _carefully("sources", lambda: sightings.of_sources(context))
        if context.now >= self._abroad_due:
            self._asked_at, self._abroad_due = context.now, context.now + ABROAD_EVERY
            found += _carefully("others", lambda: sightings.of_findings(examine_abroad(context), True))
        tell(context, found, may_end=self._asked_at is not None)


def watch_the_clock(context: Context) -> None:
    """Look only whether some clock ticks: for a site, since a dead clock can't tell of itself."""
    with context.db.reading() as session:
        found = list(sightings.of_clocks(context, session))
    if found:
        tell(context, found, may_end=False)


def in_the_database(context: Context) -> list[Sighting]:
    """What the database alone shows to be wrong."""
    looks: tuple[Callable[[Context, Session], Iterable[Sighting]], ...] = (
        sightings.of_sends, sightings.of_held_batches, sightings.of_alert_url, sightings.of_clocks,
    )  # fmt: skip
    with context.db.reading() as session:
        return [each for look in looks for each in _carefully(look.__name__, partial(look, context, session))]


def tell(context: Context, found: Iterable[Sighting], may_end: bool = True) -> None:
    """Begin and repeat alerts for what was seen, and end those that nobody has seen for long enough.

    A transaction for each: whoever dies in it has not told of that one, and the next look tells it. Two at once could
    wait for each other's alerts for ever with a sender that tells of several.
    """
    seen = {each.cause: each for each in found}
    with context.db.reading() as session:
        unseen = [each for each in open_alerts(session) if each.cause not in seen]
        still = {each.cause for each in unseen if sightings.lasts(context, session, each.cause)}
        quiet = {each.cause for each in unseen if has_ended(each.course, context.now, each.lasts_for)}
    ended = quiet - still if may_end else set()
    for name in sorted({*seen, *still, *ended}):
        with context.db.writing() as session:
            work = context.within(session)
            if name in seen:
                sight(work, seen[name])
            elif name in still:
                see_again(work, name)
            else:
                end_unseen(work, name)


def _carefully(what: str, look: Callable[[], Iterable[Sighting]]) -> list[Sighting]:
    """What one look finds; one that fails hides no other."""
    try:
        return list(look())
    except DatabaseFileGone:
        raise
    except Exception as error:
        log.warning("the watch could not look at %s", what, exc_info=error)
        return []
