"""`digest send` and `preview`: the week's issue from the command line."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime

import click

from digest.cli.account_words import account_in_words
from digest.cli.dates import ISSUE_DATE
from digest.cli.installation import Installation, installation, now
from digest.cli.progress_bar import progress_bar
from digest.cli.status import status
from digest.mail.transports import open_outbox
from digest.operations.composing import compose, compose_for_topics, sample
from digest.operations.messaging import deliver_waiting
from digest.operations.refusal import Refused
from digest.operations.sending import Ending, Progress, send_issue
from digest.operations.sending_now import prepare, report
from digest.operations.week import ensure_issue
from digest.storage.batches import ended_copies
from digest.storage.issues import Issue, current_issue, issue_on

FINISHED_WITH_EXCEPTIONS = 3
REFUSED = 4
INTERRUPTED = 75


def add_to(cli: click.Group) -> None:
    """Add the commands."""
    for command in (send, status, preview):
        cli.add_command(command)


@click.command()
@click.option(
    "--issue", "day", type=ISSUE_DATE, help="The issue of this date, instead of the one being sent or the current."
)
def send(day: datetime | None) -> None:
    """Send now: go on with the issue being sent, else send the current one.

    \b
    Exit status: 0 every copy is accepted, failed or skipped; 3 finished, but some are unknown or held;
    4 refused, with the remedy; 75 interrupted after the request in hand.
    """
    ours = installation()
    ending = Ending.DONE
    with closing(open_outbox(ours.settings)) as outbox:
        ready = prepare(ours.db, ours.settings, outbox, now(), day.date() if day else None)
        click.echo(ready.words)
        if ready.left_to_do:
            before = _progress(ours, ready.issue_id).done
            with _interruptible() as stop, progress_bar(before) as show:
                ending = send_issue(ours.db, ours.settings, outbox, ready.issue_id, stop, now, progress=show)
                if show:
                    show(_progress(ours, ready.issue_id))
                deliver_waiting(ours.db, outbox, now())
    if ending is Ending.INTERRUPTED:
        click.echo("Interrupted. What has not left waits; run `digest send` again to go on.")
        sys.exit(INTERRUPTED)
    if ending is Ending.PAUSED:
        raise Refused(f"{report(ours.db, ready.issue_id).paused}. What has not left waits; mend it and run this again.")
    account = report(ours.db, ready.issue_id)
    click.echo(account_in_words(ours, account))
    sys.exit(FINISHED_WITH_EXCEPTIONS if account.unknown or account.held else 0)


@click.command()
@click.option("--issue", "day", type=ISSUE_DATE, help="The issue of this date (default: the current one).")
@click.option("--topics", default="", help="As a reader sees it who chose these topics: slugs, separated by commas.")
@click.option("--text", is_flag=True, help="The plain text part.")
def preview(day: datetime | None, topics: str, text: bool) -> None:
    """Write the digest as it stands to standard output."""
    ours = installation()
    issue = _issue(ours, day.date() if day else None)
    with ours.db.reading() as session:
        composed = compose(session, ours.settings, session.get_one(Issue, issue))
    choice = frozenset(slug.strip() for slug in topics.split(",") if slug.strip())
    shown = sample(compose_for_topics(composed, choice, ours.settings), ours.settings, now().date())
    click.echo(shown.text if text else shown.html)


def _issue(ours: Installation, day: date | None) -> int:
    ensure_issue(ours.db, ours.settings, now())
    with ours.db.reading() as session:
        issue = issue_on(session, day) if day else current_issue(session)
        if issue is None:
            raise Refused(f"There is no issue on {day}." if day else "There is no current issue.")
        return issue.id


def _progress(ours: Installation, issue_id: int) -> Progress:
    with ours.db.reading() as session:
        return Progress(ended_copies(session, issue_id), session.get_one(Issue, issue_id).audience)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """SIGTERM and Ctrl-C ask to stop after the requests in hand."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
