"""What the doctor sees of the daily backups: whether there is a fresh one, and one that was proven."""

from __future__ import annotations

from datetime import timedelta

from digest.domain.issues.calendar import day_and_year
from digest.domain.running.findings import Finding, broken, doubtful, fine
from digest.operations.shared.context import Context
from digest.storage.running.backups import last_backup, last_fault, last_proof

_BACKUP_AFTER, _PROOF_AFTER = timedelta(hours=30), timedelta(days=9)


def look_at_backups(context: Context) -> Finding:
    """Whether the last one is fresh and one was proven within the week."""
    settings = context.settings
    if settings.backup_path is None:
        return doubtful(
            "backups",
            "BACKUP_PATH is not set: the clock makes none.",
            "Set it to a folder on another disk, or run `digest backup FILE` by a timer of your own.",
        )
    with context.db.reading() as session:
        backup, proven, fault = last_backup(session), last_proof(session), last_fault(session)
    if backup is None or backup.made_at is None or context.now - backup.made_at > _BACKUP_AFTER:
        age = (
            "none has been made"
            if backup is None or backup.made_at is None
            else f"the last is of {day_and_year(backup.made_at.date())}"
        )
        remedy = "See that the clock runs and that BACKUP_PATH can be written, then run `digest backup`."
        because = f" {fault}" if fault else ""
        return (broken if fault or backup else doubtful)("backups", f"Overdue: {age}.{because}", remedy)
    if proven is None or context.now - proven > _PROOF_AFTER:
        return broken("backups", "None was proven within the week.", f"Run `digest backup --check {backup.path}`.")
    made = f"{day_and_year(backup.made_at.date())}, {backup.made_at:%H:%M} UTC"
    return fine("backups", f"The last was made {made}; one was proven {day_and_year(proven.date())}.")
