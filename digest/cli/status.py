"""`digest status`: the account of a send, for people and for programs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime

import click

from digest.cli.account_words import account_in_words
from digest.cli.dates import ISSUE_DATE
from digest.cli.installation import installation
from digest.operations.refusal import Refused
from digest.operations.sending_now import Report, report
from digest.storage.issues import issue_on, latest_frozen_issue


@click.command()
@click.option("--issue", "day", type=ISSUE_DATE, help="The issue of this date (default: the latest frozen one).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(day: datetime | None, as_json: bool) -> None:
    """The account of a send: where every reader's copy is."""
    ours = installation()
    with ours.db.reading() as session:
        issue = issue_on(session, day.date()) if day else latest_frozen_issue(session)
        if day and issue is None:
            raise Refused(f"There is no issue on {day.date()}. `digest status` without --issue shows the latest.")
    found = report(ours.db, issue.id) if issue and issue.frozen_at else Report.nothing()
    if as_json:
        click.echo(json.dumps(_as_json(found)))
    else:
        click.echo(account_in_words(ours, found))
    sys.exit(0 if found.issue else 1)


def _as_json(found: Report) -> dict[str, object]:
    said = asdict(found) | {"issue": found.issue.isoformat() if found.issue else None}
    said.pop("paused")
    return said
