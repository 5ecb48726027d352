"""`digest preview`: the digest as it stands."""

from __future__ import annotations

from datetime import date, datetime

import click
from sqlalchemy.orm import Session

from digest.cli.shared.installation import OpenInstallation, installation, now
from digest.cli.shared.parameters import ISSUE_DATE
from digest.operations.issues.closing import THE_COMMAND
from digest.operations.issues.composing import compose, sample
from digest.operations.issues.dates import issue_named
from digest.operations.issues.editions import compose_for_topics
from digest.operations.issues.week import ensure_issue
from digest.operations.shared.refusal import Refused
from digest.storage.issues.issues import Issue, current_issue
from digest.storage.writing.names import TOPICS, slugs_now
from digest.storage.writing.topics import all_topics


@click.command()
@click.option("--issue", "day", type=ISSUE_DATE, help="The issue of this date (default: the current one).")
@click.option("--topics", default="", help="As a reader sees it who chose these topics: slugs, separated by commas.")
@click.option("--text", is_flag=True, help="The plain text part.")
def preview(day: datetime | None, topics: str, text: bool) -> None:
    """Write the digest to standard output."""
    ours = installation()
    issue = _issue(ours, day.date() if day else None)
    with ours.db.reading() as session:
        _must_be_known(session, topics)
        whole = compose(session, ours.settings, session.get_one(Issue, issue))
        composed = compose_for_topics(session, ours.settings, whole, topics)
    shown = sample(composed, ours.settings, now().date())
    click.echo(shown.text if text else shown.html)


def _must_be_known(session: Session, topics: str) -> None:
    asked = [slug for slug in topics.split(",") if slug.strip()]
    known = {topic.slug for topic in all_topics(session)}
    if unknown := sorted(set(asked) - known - slugs_now(session, TOPICS, asked).keys()):
        raise click.UsageError(
            f"There is no topic “{unknown[0]}”. Give the slugs as addresses have them: {', '.join(sorted(known))}."
        )


def _issue(ours: OpenInstallation, day: date | None) -> int:
    ensure_issue(ours.context(), THE_COMMAND)
    with ours.db.reading() as session:
        issue = issue_named(session, day) if day else current_issue(session)
        if issue is None:
            raise Refused("There is no current issue.")
        return issue.id
