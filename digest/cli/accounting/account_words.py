"""The account of a send in words, as `send`, `status` and `settle` print it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from digest.cli.accounting.stalls import stall_in_words, time_of_day
from digest.cli.shared.installation import OpenInstallation
from digest.cli.shared.output import copies, counted
from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.operations.running.sending_now import Report
from digest.operations.sending.send_status import SendStatus, Stall, send_status_of
from digest.storage.accounting.unsettled import UnsettledBatch, unsettled_batches
from digest.storage.issues.issues import issue_on
from digest.storage.sending.attempts import last_attempts
from digest.storage.sending.batches import Attempt, BatchState

_MOST_SHOWN = 20
MAY_STILL_TELL = "SendGrid’s events may still tell {}; silence is judged once the clock has run for an hour."
_PARTS = ("accepted", "failed", "skipped", "unknown", "held", "waiting")


def account_in_words(ours: OpenInstallation, found: Report) -> str:
    """Where every copy is, and which batches wait for a word."""
    if found.issue is None:
        return "Nothing has been frozen yet."
    counts = ", ".join(f"{getattr(found, part):,} {part}" for part in _PARTS)
    lines = [f"Issue of {day_and_year(found.issue)}, {found.state}: {counted(found.audience, 'reader')}.", f"{counts}."]
    if found.difference:
        lines.append(f"The account does not add up: difference {found.difference:,}. Please report this.")
    if found.paused:
        lines.append(f"Waiting: {found.paused}.")
    if found.state == IssueState.SENDING:
        lines += _how_it_goes(ours, found.issue)
    if found.unknown or found.held:
        with ours.db.reading() as session:
            issue = issue_on(session, found.issue)
            unsettled = unsettled_batches(session, issue.id) if issue else []
            shown = [batch.batch_id for batch in unsettled[:_MOST_SHOWN]]
            lines += _unsettled_in_words(ours.settings, unsettled, last_attempts(session, shown))
    return "\n".join(lines)


def _how_it_goes(ours: OpenInstallation, day: date) -> list[str]:
    with ours.db.reading() as session:
        issue = issue_on(session, day)
        send_status = send_status_of(session, issue) if issue else SendStatus()
    lines = [f"Waiting: {words}"] if (words := stall_in_words(ours.settings, send_status)) else []
    if send_status.clock_dead:
        waits = (
            f" (unless one waits for {time_of_day(ours.settings, send_status.until)})"
            if send_status.until and send_status.stall is not Stall.REFUSED
            else ""
        )
        lines.append(f"No clock runs and no sender is at work{waits}: run `digest send`, or start the clock.")
    return lines


def what_is_known(settings: Settings, batch: UnsettledBatch, last: Attempt | None) -> str:
    """One unsettled batch: how many copies, why, since when, and who tried it `last` and when."""
    parts = [
        f"batch {batch.batch_id}",
        batch.state,
        copies(batch.copies),
        batch.cause or "cause not recorded",
    ]
    if batch.unknown_at:
        parts.append(f"since {settings.schedule.spoken(datetime.fromtimestamp(batch.unknown_at, UTC))}")
    if last:
        parts.append(f"last attempt begun {settings.schedule.spoken(last.started_at)} by {last.owner}")
    return ", ".join(parts) + (f": {batch.because}" if batch.because else "")


def _unsettled_in_words(
    settings: Settings, unsettled: Sequence[UnsettledBatch], last: Mapping[int, Attempt]
) -> list[str]:
    if not unsettled:
        return []
    lines = ["Nobody can know whether these left; they are never sent again without evidence or a person’s word:"]
    lines += [f"  {what_is_known(settings, batch, last.get(batch.batch_id))}" for batch in unsettled[:_MOST_SHOWN]]
    if len(unsettled) > _MOST_SHOWN:
        lines.append(f"  and {len(unsettled) - _MOST_SHOWN:,} more")
    if any(batch.state == BatchState.UNKNOWN for batch in unsettled):
        lines.append(MAY_STILL_TELL.format("of the unknown ones"))
    lines.append(
        "Look at SendGrid’s Activity for the minutes before (after a restore: since the backup), then say one:"
    )
    first = unsettled[0].batch_id
    lines.append(f"  digest settle {first} sent      SendGrid took it")
    lines.append(f"  digest settle {first} resend    SendGrid did not take it: it goes again")
    lines.append(f"  digest settle {first} skip      nobody can tell: its readers go without")
    lines.append("With --alike, one word covers all batches of the issue with the same cause.")
    return lines
