"""What a monitor alerts on, as numbers: of the installation, never of a person, and no number of readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from digest.operations.running.doctor_at_home import ailing_sources
from digest.operations.shared.context import Context
from digest.storage.accounting.accounts import accounts_by_counters
from digest.storage.base.database import database_now
from digest.storage.events.sendgrid_status import sendgrid_status
from digest.storage.issues.issues import current_issue, latest_frozen_issue
from digest.storage.messages.alerts import open_alerts
from digest.storage.messages.messages import waiting_since
from digest.storage.running.backups import last_backup, last_proof
from digest.storage.running.heartbeats import last_beat


@dataclass(frozen=True)
class Measure:
    """One number as of now; `by` tells several of one name apart. Times are seconds since 1970, UTC."""

    name: str
    words: str
    value: float
    by: tuple[str, str] | None = None


def measures(context: Context) -> Iterator[Measure]:
    """All of them. Those of what has never happened are left out."""
    with context.db.reading() as session:
        now = database_now(session)
        yield Measure("digest_up", "The database answers.", 1)
        if (beat := last_beat(session)) is not None:
            yield Measure("digest_clock_age_seconds", "Since the clock last ticked.", max(0.0, now - beat))
        if issue := current_issue(session):
            at = context.settings.schedule.send_moment(issue.send_date)
            yield Measure("digest_next_issue_timestamp_seconds", "When the current issue goes.", at.timestamp())
            yield Measure("digest_next_issue_on_hold", "Whether it is on hold.", int(issue.on_hold))
        if frozen := latest_frozen_issue(session):
            account = accounts_by_counters(session, [frozen])[frozen.id]
            words = "Copies of the latest frozen issue that did not leave, by where they are."
            for where in ("failed", "unknown", "held", "waiting"):
                yield Measure("digest_copies", words, getattr(account, where), ("state", where))
            yield Measure("digest_account_difference", "Copies that are nowhere: must be 0.", account.difference)
        waiting, oldest = waiting_since(session, context.now)
        yield Measure("digest_messages_waiting", "Single messages that wait.", waiting)
        yield Measure("digest_messages_oldest_seconds", "For how long the oldest does.", _age(context.now, oldest))
        lasting = sum(1 for alert in open_alerts(session) if alert.told_at)
        yield Measure("digest_alerts", "Alerts that last.", lasting)
        status = sendgrid_status(session)
        yield Measure("digest_sendgrid_well", "By SendGrid’s last word on the account.", int(not status or status.well))
        backup, proven = last_backup(session), last_proof(session)
        if backup and backup.made_at:
            made = backup.made_at.timestamp()
            yield Measure("digest_backup_timestamp_seconds", "When the last backup was made.", made)
        if proven:
            yield Measure("digest_backup_proven_timestamp_seconds", "When one was last proven.", proven.timestamp())
    yield Measure("digest_sources_ailing", "Sources that ail.", len(ailing_sources(context)))


def _age(now: datetime, since: datetime | None) -> float:
    return (now - since).total_seconds() if since else 0.0
