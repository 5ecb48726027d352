"""The account of a send in words, as `send`, `status` and `settle` print it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from digest.cli.installation import Installation
from digest.config import Settings
from digest.domain.calendar import day_and_year
from digest.operations.sending_now import Report
from digest.storage.batches import BatchState
from digest.storage.doubts import Doubt, doubts_of
from digest.storage.issues import issue_on

_MOST_DOUBTS = 20
MAY_STILL_TELL = "SendGrid’s events may still tell {}; silence is judged once the clock has run for an hour."
_PARTS = ("accepted", "failed", "skipped", "unknown", "held", "waiting")


def account_in_words(ours: Installation, found: Report) -> str:
    """Where every copy is, and which batches wait for a word."""
    if found.issue is None:
        return "Nothing has been frozen yet."
    counts = ", ".join(f"{getattr(found, part):,} {part}" for part in _PARTS)
    lines = [f"Issue of {day_and_year(found.issue)}, {found.state}: {found.audience:,} readers.", f"{counts}."]
    if found.difference:
        lines.append(f"The account does not add up: difference {found.difference:,}. Please report this.")
    if found.paused:
        lines.append(f"Waiting: {found.paused}.")
    if found.unknown or found.held:
        with ours.db.reading() as session:
            issue = issue_on(session, found.issue)
            lines += _doubts_in_words(ours.settings, doubts_of(session, issue.id) if issue else [])
    return "\n".join(lines)


def copies(count: int) -> str:
    """`1 copy`, `1,000 copies`."""
    return f"{count:,} {'copy' if count == 1 else 'copies'}"


def what_is_known(settings: Settings, doubt: Doubt) -> str:
    """One batch in doubt: how many copies, why, and since when."""
    parts = [f"batch {doubt.batch_id}", doubt.state, copies(doubt.copies), doubt.cause or "cause not recorded"]
    if doubt.unknown_at:
        parts.append(f"since {settings.schedule.spoken(datetime.fromtimestamp(doubt.unknown_at, UTC))}")
    return ", ".join(parts) + (f": {doubt.because}" if doubt.because else "")


def _doubts_in_words(settings: Settings, doubts: Sequence[Doubt]) -> list[str]:
    if not doubts:
        return []
    lines = ["Nobody can know whether these left; they are never sent again without evidence or a person’s word:"]
    lines += [f"  {what_is_known(settings, doubt)}" for doubt in doubts[:_MOST_DOUBTS]]
    if len(doubts) > _MOST_DOUBTS:
        lines.append(f"  and {len(doubts) - _MOST_DOUBTS:,} more")
    if any(doubt.state == BatchState.UNKNOWN for doubt in doubts):
        lines.append(MAY_STILL_TELL.format("of the unknown ones"))
    lines.append(
        "Look at SendGrid’s Activity for the minutes before (after a restore: since the backup), then say one:"
    )
    first = doubts[0].batch_id
    lines.append(f"  digest settle {first} sent      SendGrid took it")
    lines.append(f"  digest settle {first} resend    SendGrid did not take it: it goes again")
    lines.append(f"  digest settle {first} skip      nobody can tell: its readers go without")
    lines.append("With --alike, one word covers all batches of the issue with the same cause.")
    return lines
