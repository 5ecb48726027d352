"""The tick: what this moment asks of every issue. Safe at any time, in any number of processes, after any crash."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial

from digest.domain.issues.lifecycle import Step
from digest.mail.outbox import Outbox
from digest.operations.accounting.deciding import settle_by_silence
from digest.operations.issues.closing import THE_CLOCK, close_at_cutoff, remind_of_open_issue
from digest.operations.issues.week import ensure_issue, skip, step_of, tell_of_missed_issue
from digest.operations.readers.signup_brake import watch_the_brake
from digest.operations.running.failed_steps import tell_of_failed_step
from digest.operations.running.restoring import recover
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.sending.sender import send_issue
from digest.operations.shared.context import Context, Process
from digest.operations.shared.fault_log import Troubles
from digest.operations.suppressions.suppressing import pull_before_freeze
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.issues.issues import issue_for_change, issues_being_sent, unsent_issues

log = logging.getLogger(__name__)


def tick(process: Process, troubles: Troubles | None = None) -> None:
    """Do what is due: see to a restored database, make the next issue, close, remind, skip, freeze and send.

    The database decides; a tick that comes late, twice or after a crash finds what is left and does only that.
    `troubles` knows what was said of earlier ticks.
    """
    context, troubles = process.context(), troubles or Troubles()
    recover(context)
    ensure_issue(context, THE_CLOCK)
    failures = [_do(step, context, process.transport, issue_id, troubles) for issue_id, step in _steps(context)]
    failures.append(_try("settling by silence", lambda: settle_by_silence(context), troubles))
    failures.append(_try("watching the brake on sign-ups", lambda: watch_the_brake(context), troubles))
    with context.db.reading() as session:
        sending = [issue.id for issue in issues_being_sent(session)]
    failures += [_send(process, issue_id, troubles) for issue_id in sending]
    if failed := [failure for failure in failures if failure]:
        raise failed[0]


def _do(step: Step, context: Context, transport: Outbox, issue_id: int, troubles: Troubles) -> Exception | None:
    """One issue’s step; its failure never keeps the others from theirs, and is raised when they are done."""
    what = f"issue {issue_id}: {step}"
    if not troubles.lasts(what):
        log.info("%s", what)

    def do() -> None:
        if step is Step.SEND:
            pull_before_freeze(context, transport, issue_id)
        _DOING[step](context, issue_id)

    tell = partial(tell_of_failed_step, context, issue_id, _WHAT_FAILED[step])
    return _try(what, do, troubles, tell)


def _send(process: Process, issue_id: int, troubles: Troubles) -> Exception | None:
    tell = partial(tell_of_failed_step, process.context(), issue_id, "sending it")
    return _try(f"issue {issue_id}: sending", lambda: send_issue(process, issue_id, wait=False), troubles, tell)


def _try(
    what: str, do: Callable[[], object], troubles: Troubles, tell: Callable[[Exception], object] | None = None
) -> Exception | None:
    """What failed, if it did; then it is in the log, and whoever must hear of it at once is told."""
    try:
        do()
    except DatabaseFileGone as error:
        return error  # said when it was noticed
    except Exception as error:  # noqa: BLE001 - it is said, and raised when the others are done
        troubles.failed(what, "failed; each tick tries again", error)
        failure = error
        if tell:
            _try(f"{what}: telling the editors that it failed", lambda: tell(failure), troubles)
        return failure
    troubles.went_well(what)
    return None


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
