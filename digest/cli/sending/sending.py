"""`digest send`: the week's issue goes out from the command line."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime

import click

from digest.cli.accounting.account_words import account_in_words
from digest.cli.accounting.stalls import Stalls
from digest.cli.sending.processes import keep_what_is_freed, partner
from digest.cli.sending.progress_bar import progress_bar
from digest.cli.shared.installation import OpenInstallation, installation, now
from digest.cli.shared.output import copies
from digest.cli.shared.parameters import ISSUE_DATE
from digest.mail.transports import open_transport
from digest.operations.messages.delivering import deliver_waiting
from digest.operations.running.sending_now import Ready, Report, prepare, report
from digest.operations.sending.sender import Ending, Progress, send_issue
from digest.operations.shared.context import Process
from digest.operations.shared.refusal import Interrupted, Refused
from digest.storage.issues.issues import Issue
from digest.storage.sending.batches import ended_copies

FINISHED_WITH_EXCEPTIONS = 3
INTERRUPTED = 75


@click.command()
@click.option(
    "--issue", "day", type=ISSUE_DATE, help="The issue of this date, instead of the one being sent or the current."
)
def send(day: datetime | None) -> None:
    """Send now: the issue being sent, else the current one.

    \b
    Exit status: 0 every copy is accepted, failed or skipped; 3 finished, but some are unknown or held;
    4 refused, with the remedy; 75 interrupted after the request in hand.
    """
    ours = installation()
    keep_what_is_freed()
    try:
        ready, ending = _send(ours, day)
    except Interrupted:
        click.echo("Interrupted before the freeze: nothing is being sent.")
        sys.exit(INTERRUPTED)
    account = report(ours.db, ready.issue_id)
    if ending is Ending.PAUSED:
        raise Refused(_why_it_stands_still(account))
    click.echo(account_in_words(ours, account))
    if ending is Ending.INTERRUPTED and account.waiting:
        click.echo("Interrupted. What has not left waits; run `digest send` again to go on.")
        sys.exit(INTERRUPTED)
    sys.exit(FINISHED_WITH_EXCEPTIONS if account.unknown or account.held else 0)


def _send(ours: OpenInstallation, day: datetime | None) -> tuple[Ready, Ending]:
    with (
        _interruptible() as interruption,
        partner(ours) as second,
        closing(open_transport(ours.settings)) as transport,
    ):
        interruption.tell = second.dismiss
        process = Process(ours.db, ours.settings, transport, now, interruption.asked)
        ready = prepare(process, day.date() if day else None)
        with suppress(BrokenPipeError):  # whoever reads it may have gone; the digest goes all the same
            click.echo(ready.words)
            if ours.settings.mail_redirect_all:
                click.echo(f"A rehearsal: every copy goes to {ours.settings.mail_redirect_all}.")
        if not ready.batches_left:
            return ready, Ending.DONE
        mine = second.start(ready.issue_id, ready.batches_left)
        with progress_bar(_progress(ours, ready.issue_id).done) as show:
            ending = send_issue(replace(process, settings=mine), ready.issue_id, progress=show, stall=Stalls(mine))
            if show:
                show(_progress(ours, ready.issue_id))
        if ending is not Ending.INTERRUPTED:
            deliver_waiting(ours.db, ours.settings, transport, now)
        return ready, ending


def _why_it_stands_still(account: Report) -> str:
    remedy = "Let it go on from the desk."
    if account.stopped_at is None:
        remedy = "Look at SENDGRID_API_KEY and MAIL_FROM, and at the report on the desk; then run this again."
    are, wait = "is" if account.accepted == 1 else "are", "waits" if account.waiting == 1 else "wait"
    return (
        f"{account.paused}. {account.accepted:,} of {copies(account.audience)} {are} accepted; nothing is lost: "
        f"{account.waiting:,} {wait}. {remedy}"
    )


def _progress(ours: OpenInstallation, issue_id: int) -> Progress:
    with ours.db.reading() as session:
        return Progress(ended_copies(session, issue_id), session.get_one(Issue, issue_id).audience)


class _Interruption:
    """SIGTERM and Ctrl-C, which ask to stop after the requests in hand; `tell` passes it on."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.tell: Callable[[], None] | None = None

    def __call__(self, *_: object) -> None:
        self.asked.set()
        if self.tell:
            self.tell()


@contextmanager
def _interruptible() -> Iterator[_Interruption]:
    interruption = _Interruption()
    before = {number: signal.signal(number, interruption) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
