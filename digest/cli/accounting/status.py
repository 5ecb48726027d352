"""`digest status`: the account of a send, for people and for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import click
from sqlalchemy.orm import Session

from digest.cli.accounting.account_words import account_in_words
from digest.cli.shared.installation import installation
from digest.cli.shared.parameters import ISSUE_DATE
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.operations.issues.dates import issue_named
from digest.operations.running.sending_now import Report, report
from digest.storage.accounting.unsettled import UnsettledBatch, unsettled_batches
from digest.storage.issues.issues import Issue, latest_frozen_issue
from digest.storage.sending.attempts import last_attempts
from digest.storage.sending.batches import Attempt


@click.command()
@click.option("--issue", "day", type=ISSUE_DATE, help="The issue of this date (default: the latest frozen one).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(day: datetime | None, as_json: bool) -> None:
    """The account of a send: where every reader's copy is.

    \b
    Exit status: 0 there is an account, whatever it says; 1 nothing has been frozen yet; 4 there is no such issue.
    """
    ours = installation()
    with ours.db.reading() as session:
        issue = issue_named(session, day.date()) if day else latest_frozen_issue(session)
    found = report(ours.db, issue.id) if issue and issue.frozen_at else Report.nothing()
    if as_json:
        with ours.db.reading() as session:
            click.echo(json.dumps(_for_machines(session, issue, found)))
    elif issue and found.issue is None:
        click.echo(_not_frozen(issue))
    else:
        click.echo(account_in_words(ours, found))
    sys.exit(0 if found.issue else 1)


def _not_frozen(issue: Issue) -> str:
    name = f"The issue of {day_and_year(issue.send_date)}"
    if issue.state == IssueState.SKIPPED:
        return f"{name} was skipped ({issue.skipped_because}): nobody gets it."
    return f"{name} is {issue.state}{' and on hold' if issue.on_hold else ''}: nothing of it has been frozen yet."


def _for_machines(session: Session, issue: Issue | None, found: Report) -> dict[str, object]:
    """The account with what is known of each unsettled batch; moments are ISO 8601 in UTC."""
    unsettled = {each.batch_id: each for each in unsettled_batches(session, issue.id)} if issue else {}
    last = last_attempts(session, list(unsettled))
    return asdict(found) | {
        "issue": found.issue.isoformat() if found.issue else None,
        "paused": found.paused or None,
        "stopped_at": found.stopped_at.isoformat() if found.stopped_at else None,
        "batches": [
            asdict(batch) | _unsettled_for_machines(unsettled.get(batch.id), last.get(batch.id))
            for batch in found.batches
        ],
    }


def _unsettled_for_machines(unsettled: UnsettledBatch | None, last: Attempt | None) -> dict[str, object]:
    """Why and since when nobody knows, and the attempt begun last; nulls for a batch that is settled."""
    since = unsettled.unknown_at if unsettled else None
    return {
        "cause": (unsettled.cause or None) if unsettled else None,
        "because": (unsettled.because or None) if unsettled else None,
        "since": datetime.fromtimestamp(since, UTC).isoformat() if since else None,
        "last_attempt": {"started_at": last.started_at.isoformat(), "owner": last.owner} if last else None,
    }
