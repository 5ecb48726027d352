"""After a restore: a database that is older than what left from it sends nothing again without a person's word.

How it knows is in `operations/guard/restore_guard.py`. Then every issue that may have gone is put on hold, and every
batch that may have left is held; readers who left since come back as such from the journal, whatever the epoch says.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.running.alerts import AlertKind, cause
from digest.mail.outgoing.interface import Certainty
from digest.operations.guard.restore_guard import Noted, has_seen_others, make_note, note_claims, note_freezes, noted
from digest.operations.issues.holding import A_RESTORED_BACKUP, hold
from digest.operations.issues.week import ensure_issue
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.messages.queue import COPY
from digest.operations.messages.taking_back import NOBODY_KNOWS, lock_batch_of, note_unknown
from digest.operations.running.replaying import replay
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_issue_url
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database, database_now
from digest.storage.guard.installations import Count, catch_up_claims, count_claims, installation
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue, frozen_dates, issue_for_change, unsent_issues
from digest.storage.messages.messages import give_up_message, unfinished_messages
from digest.storage.readers.subscribers import lock_subscribers
from digest.storage.running.heartbeats import another_host_is_alive
from digest.storage.sending.batches import Cause, hold_all_unfinished, outcomes_are_open

_ALIVE_SECONDS = 60.0

log = logging.getLogger(__name__)


class Age(StrEnum):
    """How this database stands to what left from it."""

    CURRENT = "current"
    OLDER = "older"
    """Claims were made after this copy of it."""
    DOUBTFUL = "doubtful"
    """It counts claims that this folder knows nothing of, or that the folder can't tell: it may be an older copy."""


@dataclass(frozen=True)
class Recovered:
    """What waits for a person's word since a restore was noticed."""

    age: Age
    issues: tuple[date, ...]
    batches: int
    copies: int = 0
    """Of readers who were to get theirs once more; they don't."""


def recover(context: Context) -> Recovered | None:
    """See whether the database was restored, and make safe what may have left before; None if it is current.

    Cheap when all is well; safe at any time, in any number of processes, and again after a crash at any line. Raises
    Refused if a file that it needs may not be read.
    """
    try:
        replay(context)
        if age_of(context.db, context.settings) is Age.CURRENT:
            _keep_up(context.db, context.settings)
            return None
        return _make_safe(context)
    except PermissionError as error:
        raise Refused(f"{error.filename} may not be read or written. Give it to the user that runs Digest.") from error


def age_of(db: Database, settings: Settings) -> Age:
    """Whether this database is an older copy of itself, as far as anybody can know."""
    with db.reading() as session:
        epoch = installation(session).epoch
    known = noted(settings, epoch)  # before the database is asked: it may go on meanwhile, and is never behind
    with db.reading() as session:
        return _age(session, settings, known)


def _age(session: Session, settings: Settings, known: Noted | None) -> Age:
    ours = installation(session)
    if known is None:
        strange = ours.claims > 0 or has_seen_others(settings, ours.epoch)
        return Age.DOUBTFUL if strange and not _is_excused(session, settings) else Age.CURRENT
    if known.claims is None:
        return Age.DOUBTFUL
    return Age.OLDER if ours.claims < known.claims else Age.CURRENT


def _is_excused(session: Session, settings: Settings) -> bool:
    """A folder that knows nothing is no sign of a restore in a rehearsal, which reaches no reader, and on a host that
    joins others: their clock vouches for the database.
    """
    if settings.mail_redirect_all:
        return True
    since = database_now(session) - _ALIVE_SECONDS
    shared = not settings.database_url.startswith("sqlite")
    return shared and another_host_is_alive(session, socket.gethostname(), since)


def _keep_up(db: Database, settings: Settings) -> None:
    """Let the file know what the database does: of claims that crashed before they were noted, and of other hosts.

    While outcomes are open one more is counted, so that any backup older than this look shows as such: what events
    told since would be missing in it, and their silence would be taken for proof.
    """
    with db.reading() as session:
        ours, open_ = installation(session), outcomes_are_open(session)
        count, frozen = Count(ours.epoch, ours.claims), frozen_dates(session)
    known = noted(settings, count.epoch)
    if known is None and not settings.mail_redirect_all:
        make_note(settings, count)
    if known is None or known.claims is None or known.claims < count.claims:
        note_freezes(settings, count, frozen)
        note_claims(settings, count)
    if open_:
        with db.writing() as session:
            count = count_claims(session, 1)
        note_claims(settings, count)


def _make_safe(context: Context) -> Recovered | None:
    if age_of(context.db, context.settings) is Age.OLDER:
        ensure_issue(context)  # the next one may have gone early before it was lost
    with context.db.writing() as session:
        lock_subscribers(session)
        recovered = _make_safe_in(context.within(session))
    if recovered and recovered.age is Age.DOUBTFUL:
        with context.db.reading() as session:
            ours, frozen = installation(session), frozen_dates(session)
            count = Count(ours.epoch, ours.claims)
        make_note(context.settings, count, anew=True)  # after the commit: a crash before this line repeats it all
        note_freezes(context.settings, count, frozen)
    return recovered


def _make_safe_in(work: Work) -> Recovered | None:
    known = noted(work.settings, installation(work.session).epoch)
    age = _age(work.session, work.settings, known)
    if age is Age.CURRENT:
        return None  # another process was quicker
    claims = known.claims if known else None
    issues = _hold_issues(work, known if age is Age.OLDER else None)
    copies = _give_up_copies(work.session, work.now, _WHAT[age])
    because = f"{_WHAT[age]}: this batch may have left since"
    batches = hold_all_unfinished(
        work.session, Cause.RESTORED, because, Certainty.UNKNOWN, work.now, database_now(work.session)
    )
    catch_up_claims(work.session, claims or 0)
    recovered = Recovered(age, tuple(issues), batches, copies)
    if issues or batches or copies or age is Age.OLDER:
        _tell(work, recovered)
    log.warning("%s; issues on hold: %s, batches: %s, copies: %s", _WHAT[age], len(issues), batches, copies)
    return recovered


_WHAT = {
    Age.OLDER: "the database was restored from a backup that is older than what left",
    Age.DOUBTFUL: "the database may be older than what left, and nothing here can tell",
}


def _give_up_copies(session: Session, now: datetime, because: str) -> int:
    """Copies that wait to go again to their reader alone may have gone already; returns how many there were."""
    given_up = 0
    for waiting in unfinished_messages(session, COPY):
        lock_batch_of(session, waiting.delivery_id)
        if give_up_message(session, waiting, now, f"{NOBODY_KNOWS}: {because}"):
            note_unknown(session, now, waiting.delivery_id, because)
            given_up += 1
    return given_up


def _hold_issues(work: Work, known: Noted | None) -> list[date]:
    """Put every issue that may have gone on hold; returns their dates. Without knowledge any may have gone."""
    held = []
    for found in unsent_issues(work.session):
        issue = issue_for_change(work.session, found.id)
        if issue.on_hold or not _may_have_gone(work.settings, work.now, issue, known):
            continue
        hold(work.session, work.now, issue, A_RESTORED_BACKUP)
        note(
            work.session,
            issue.id,
            work.now,
            A_RESTORED_BACKUP,
            "it may have gone already: release it only if it did not",
        )
        held.append(issue.send_date)
    return held


def _may_have_gone(settings: Settings, now: datetime, issue: Issue, known: Noted | None) -> bool:
    if known is None:
        return True
    return (
        settings.schedule.send_moment(issue.send_date) <= now
        or issue.send_now_at is not None
        or bool({issue.send_date, issue.slot} & known.frozen)
    )


def _tell(work: Work, recovered: Recovered) -> None:
    what = _WHAT[recovered.age]
    words = [f"{what[:1].upper()}{what[1:]}.", _MEANING[recovered.age]]
    if recovered.issues:
        dates = ", ".join(day_and_year(day) for day in recovered.issues)
        words.append(
            f"On hold: the issue of {dates}. Look in SendGrid’s Activity whether it went. If it did, say on "
            "its page that readers have it; if not, release it."
        )
    if recovered.batches:
        words.append(
            f"Held: {recovered.batches:,} batches of an issue that was being sent. Look in SendGrid’s Activity, and "
            "decide with `digest settle` or on the desk whether they were sent, go again, or are skipped."
        )
    if recovered.copies:
        words.append(
            f"Copies that were to go again to one reader alone, and are not sent: {recovered.copies:,}. Look in "
            "SendGrid’s Activity whether they went; if not, send them again from the reader’s page."
        )
    words.append("Nothing of this goes by itself. Everything after it does.")
    link = desk_issue_url(work.settings, recovered.issues[0]) if recovered.issues else f"{work.settings.site_url}/desk"
    found = Sighting(cause(AlertKind.RESTORED), _HEADINGS[recovered.age], words, ("Decide on the desk", link))
    sight(work, found, is_news=True)


_MEANING = {
    Age.OLDER: "Readers who left since are out again, by the journal. Sign-ups, summaries and changes since are lost.",
    Age.DOUBTFUL: "A new folder beside a database that has sent looks like this, too. If it is no backup, release.",
}
_HEADINGS = {
    Age.OLDER: "The database was restored: what may have gone waits for you",
    Age.DOUBTFUL: "The database may be an older copy: what may have gone waits for you",
}
