"""The tick: what this moment asks of every issue. Safe at any time, in any number of processes, after any crash."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from digest.config import Settings
from digest.domain.issues.lifecycle import Step, next_step
from digest.mail.outbox import Outbox
from digest.operations.accounting.deciding import settle_by_silence
from digest.operations.issues.closing import THE_CLOCK, close_at_cutoff, remind_of_open_issue
from digest.operations.issues.week import ensure_issue, facts_of, skip, tell_of_missed_issue
from digest.operations.readers.signup_brake import watch_the_brake
from digest.operations.running.restoring import recover
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.fault_log import Troubles
from digest.operations.suppressions.suppressing import pull_before_freeze
from digest.storage.base.database import Database
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.issues.issues import issue_for_change, issues_being_sent, unsent_issues

log = logging.getLogger(__name__)


def tick(
    db: Database,
    settings: Settings,
    outbox: Outbox,
    clock: Callable[[], datetime],
    stop: threading.Event,
    troubles: Troubles | None = None,
) -> None:
    """Do what is due: see to a restored database, make the next issue, close, remind, skip, freeze and send.

    The database decides; a tick that comes late, twice or after a crash finds what is left and does only that.
    `clock` gives this moment in UTC; `stop` ends sending after the requests in hand; `troubles` knows what was said of
    earlier ticks.
    """
    now, troubles = clock(), troubles or Troubles()
    recover(db, settings, now)
    ensure_issue(db, settings, now, THE_CLOCK)
    failures = [
        _do(step, db, settings, outbox, now, issue_id, troubles) for issue_id, step in _steps(db, settings, now)
    ]
    failures.append(_settle(db, settings, now, troubles))
    failures.append(_try("watching the brake on sign-ups", lambda: watch_the_brake(db, settings, now), troubles))
    with db.reading() as session:
        sending = [issue.id for issue in issues_being_sent(session)]
    failures += [_send(db, settings, outbox, issue_id, stop, clock, troubles) for issue_id in sending]
    if failed := [failure for failure in failures if failure]:
        raise failed[0]


def _do(
    step: Step, db: Database, settings: Settings, outbox: Outbox, now: datetime, issue_id: int, troubles: Troubles
) -> Exception | None:
    """One issue’s step; its failure never keeps the others from theirs, and is raised when they are done."""
    what = f"issue {issue_id}: {step}"
    if not troubles.lasts(what):
        log.info("%s", what)

    def do() -> None:
        if step is Step.SEND:
            pull_before_freeze(db, settings, outbox, now, issue_id)
        _DOING[step](db, settings, now, issue_id)

    return _try(what, do, troubles)


def _settle(db: Database, settings: Settings, now: datetime, troubles: Troubles) -> Exception | None:
    return _try("settling by silence", lambda: settle_by_silence(db, settings, now), troubles)


def _try(what: str, do: Callable[[], object], troubles: Troubles) -> Exception | None:
    try:
        do()
    except DatabaseFileGone as error:
        return error  # said when it was noticed
    except Exception as error:  # noqa: BLE001 - it is said, and raised when the others are done
        troubles.failed(what, "failed; each tick tries again", error)
        return error
    troubles.went_well(what)
    return None


def _send(
    db: Database,
    settings: Settings,
    outbox: Outbox,
    issue_id: int,
    stop: threading.Event,
    clock: Callable[[], datetime],
    troubles: Troubles,
) -> Exception | None:
    def send() -> None:
        send_issue(db, settings, outbox, issue_id, stop, clock, wait=False)

    return _try(f"issue {issue_id}: sending", send, troubles)


def freeze_or_skip(db: Database, settings: Settings, now: datetime, issue_id: int) -> None:
    """Send an issue whose moment has come: closed first if it is still open, skipped if it has no reader."""
    close_at_cutoff(db, settings, now, issue_id)
    if freeze(db, settings, now, issue_id, THE_CLOCK, only_if_due=True) is Freeze.NO_AUDIENCE:
        _skip_if_still(Step.SEND, db, settings, now, issue_id, "there is no confirmed reader yet")


def _steps(db: Database, settings: Settings, now: datetime) -> list[tuple[int, Step]]:
    with db.reading() as session:
        steps = [
            (issue.id, next_step(facts_of(session, settings, issue), now, settings.minimum_items))
            for issue in unsent_issues(session)
        ]
    return [(issue_id, step) for issue_id, step in steps if step is not Step.NOTHING]


def _skip_for_lack_of_items(db: Database, settings: Settings, now: datetime, issue_id: int) -> None:
    least = settings.minimum_items
    because = f"it has fewer than {least} {'item' if least == 1 else 'items'}"
    _skip_if_still(Step.SKIP, db, settings, now, issue_id, because)


def _skip_if_still(step: Step, db: Database, settings: Settings, now: datetime, issue_id: int, because: str) -> None:
    """Skip it unless another clock or a person has changed it since the step was decided."""
    with db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if next_step(facts_of(session, settings, issue), now, settings.minimum_items) is step:
            skip(session, settings, now, issue, THE_CLOCK, because)


_DOING: Mapping[Step, Callable[[Database, Settings, datetime, int], None]] = {
    Step.CLOSE: close_at_cutoff,
    Step.REMIND: remind_of_open_issue,
    Step.SKIP: _skip_for_lack_of_items,
    Step.SEND: freeze_or_skip,
    Step.MISSED: tell_of_missed_issue,
}
