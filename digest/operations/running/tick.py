"""The tick: what this moment asks of every issue. Safe at any time, in any number of processes, after any crash."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from digest.domain.issues.lifecycle import Step
from digest.mail.outgoing.interface import Transport
from digest.operations.accounting.deciding import decide_by_silence
from digest.operations.issues.closing import THE_CLOCK, close_at_cutoff, remind_of_open_issue
from digest.operations.issues.week import ensure_issue, skip, step_of, tell_of_missed_issue
from digest.operations.readers.pausing import end_pauses_in_time
from digest.operations.readers.signup_brake import watch_the_brake
from digest.operations.running.failed_steps import note_recovery, tell_of_failed_step
from digest.operations.running.restoring import recover
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process
from digest.operations.shared.fault_log import FaultLog
from digest.operations.shared.log_context import at_work_on
from digest.operations.suppressions.suppressing import pull_before_freeze
from digest.storage.base.database import Database, database_now
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.issues.issues import issue_for_change, issues_being_sent, unsent_issues
from digest.storage.running.heartbeats import beat

log = logging.getLogger(__name__)


def tick(process: Process, fault_log: FaultLog | None = None) -> None:
    """Do what is due: see to a restored database, make the next issue, close, remind, skip, freeze and send.

    The database decides; a tick that comes late, twice or after a crash finds what is left and does only that.
    `fault_log` knows what was said of earlier ticks.
    """
    process, fault_log = process.branded(), fault_log or FaultLog()
    context = process.context()
    recover(context)
    ensure_issue(context, THE_CLOCK)
    failures = [error for duty in _duties(process, context, fault_log) if (error := _failure(duty, fault_log))]
    if failures:
        raise failures[0]


def note_heartbeat(db: Database, owner: str) -> None:
    """Note that this clock is alive, by the database's time."""
    with db.writing() as session:
        beat(session, owner, database_now(session))


@dataclass(frozen=True)
class Duty:
    """Something to do now, its name in the log, and what follows at once when it failed or went well."""

    what: str
    do: Callable[[], object]
    tell: Callable[[Exception], object] | None = None
    went_well: Callable[[], object] | None = None


def _duties(process: Process, context: Context, fault_log: FaultLog) -> Iterator[Duty]:
    """All that is to do, found while it is done, so that an issue frozen by this tick is sent by it."""
    for issue_id, step in _steps(context):
        what = f"issue {issue_id}: {step}"
        if not fault_log.lasts(what):
            log.info("%s", what)
        yield _step(
            process, what, issue_id, _WHAT_FAILED[step], partial(_take, step, context, process.transport, issue_id)
        )
    yield Duty("settling by silence", partial(decide_by_silence, context))
    yield Duty("ending pauses", partial(end_pauses_in_time, context))
    yield Duty("watching the brake on sign-ups", partial(watch_the_brake, context))
    with context.db.reading() as session:
        sending = [issue.id for issue in issues_being_sent(session)]
    for issue_id in sending:
        what, send = f"issue {issue_id}: sending", partial(send_issue, process, issue_id, wait=False)
        yield _step(process, what, issue_id, "sending it", send)


def _step(process: Process, what: str, issue_id: int, doing: str, do: Callable[[], object]) -> Duty:
    """A step of an issue. It may take long: what comes of it is told as of then, and not as of when the tick began."""
    return Duty(
        what,
        do,
        tell=lambda error: tell_of_failed_step(process.context(), issue_id, doing, error),
        went_well=lambda: note_recovery(process.context(), issue_id, doing),
    )


def _failure(duty: Duty, fault_log: FaultLog) -> Exception | None:
    """Why it failed, if it did: said and told here, and raised once the others are done."""
    try:
        with at_work_on(f"the tick: {duty.what}"):
            duty.do()
    except DatabaseFileGone as error:
        return error  # said when it was noticed
    except Exception as error:  # noqa: BLE001 - it is said, and raised when the others are done
        fault_log.failed(duty.what, "failed; each tick tries again", error)
        if duty.tell:
            _failure(Duty(f"{duty.what}: telling the editors that it failed", partial(duty.tell, error)), fault_log)
        return error
    fault_log.went_well(duty.what)
    if duty.went_well:
        _failure(Duty(f"{duty.what}: noting that it went well", duty.went_well), fault_log)
    return None


def _take(step: Step, context: Context, transport: Transport, issue_id: int) -> None:
    if step is Step.SEND:
        pull_before_freeze(context, transport, issue_id)
    _DOING[step](context, issue_id)


def freeze_or_skip(context: Context, issue_id: int) -> None:
    """Send an issue whose moment has come: closed first if it is still open, skipped if it has no reader."""
    close_at_cutoff(context, issue_id)
    if freeze(context, issue_id, THE_CLOCK, only_if_due=True) is Freeze.NO_AUDIENCE:
        _skip_if_still(Step.SEND, context, issue_id, "there is no confirmed reader yet")


def _steps(context: Context) -> list[tuple[int, Step]]:
    with context.db.reading() as session:
        steps = [(issue.id, step_of(context.within(session), issue)) for issue in unsent_issues(session)]
    return [(issue_id, step) for issue_id, step in steps if step is not Step.NOTHING]


def _skip_for_lack_of_items(context: Context, issue_id: int) -> None:
    least = context.settings.minimum_items
    because = f"it has fewer than {least} {'item' if least == 1 else 'items'}"
    _skip_if_still(Step.SKIP, context, issue_id, because)


def _skip_if_still(step: Step, context: Context, issue_id: int, because: str) -> None:
    """Skip it unless another clock or a person has changed it since the step was decided."""
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if step_of(context.within(session), issue) is step:
            skip(context.within(session), issue, THE_CLOCK, because)


_WHAT_FAILED: Mapping[Step, str] = {
    Step.CLOSE: "closing it",
    Step.REMIND: "reminding its editors",
    Step.SKIP: "skipping it",
    Step.SEND: "making it ready to be sent",
    Step.MISSED: "telling its editors that it is late",
}

_DOING: Mapping[Step, Callable[[Context, int], None]] = {
    Step.CLOSE: close_at_cutoff,
    Step.REMIND: remind_of_open_issue,
    Step.SKIP: _skip_for_lack_of_items,
    Step.SEND: freeze_or_skip,
    Step.MISSED: tell_of_missed_issue,
}
