"""What the doctor sees on this machine and in its database: settings, tables, disk, clock, what is next, backups."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from digest.config import Settings, resource
from digest.domain.issues.calendar import day_and_year
from digest.domain.running.findings import Finding, broken, doubtful, fine
from digest.domain.sources.states import SourceState
from digest.operations.running.doctor_of_settings import of_settings
from digest.operations.running.doctor_on_backups import look_at_backups
from digest.operations.running.doctor_on_erasures import erasures_found
from digest.operations.running.doctor_on_hooks import look_at_alert_url, look_at_events_url
from digest.operations.running.proxy_signs import unknown_proxy_was_seen
from digest.operations.shared.context import Context
from digest.operations.sources.source_files import listed_sources
from digest.storage.base.database import database_now
from digest.storage.base.database_file import DatabaseFileGone
from digest.storage.events.sendgrid_status import sendgrid_status
from digest.storage.issues.issues import current_issue
from digest.storage.messages.messages import waiting_since
from digest.storage.running import revisions
from digest.storage.running.heartbeats import last_beat
from digest.storage.sending.batches import last_accepted_and_heard
from digest.storage.sources.source_list import SourceLine

_CLOCK_IS_DEAD_AFTER = 60
_DATABASE_MAY_BE_OFF = 2.0
_GIGABYTE = 1_000_000_000
_SCARCE, _FULL = 1.0, 0.2
"""Gigabytes left."""
_EVENTS_AFTER = 3_600
_MESSAGE_AFTER = timedelta(minutes=15)
_NAMED = 5

log = logging.getLogger(__name__)


def at_home(context: Context) -> list[Finding]:
    """Everything that can be told without asking anybody. Without a database only what needs none."""
    found = carefully("settings", partial(of_settings, context.settings))
    found += carefully("disk", partial(_disk, context.settings))
    database = carefully("database", partial(_database, context))
    if any(each.remedy for each in database):
        return found + database
    looks = [carefully(name, partial(look, context)) for name, look in _IN_THE_DATABASE.items()]
    return found + database + [each for several in looks for each in several]


def carefully(name: str, look: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    """What one look finds. One that fails is a finding, too, and hides no other."""
    try:
        found = look()
        return [found] if isinstance(found, Finding) else list(found)
    except DatabaseFileGone:  # said when it was noticed
        return [broken(name, "The database’s file is gone or replaced.", "Put it back, and restart Digest.")]
    except Exception as error:
        log.warning("the doctor could not look at %s", name, exc_info=error)
        return [broken(name, f"Looking at it failed: {type(error).__name__}.", "The log has the whole of it.")]


def _disk(settings: Settings) -> Finding:
    places = [settings.instance_path, *([settings.backup_path] if settings.backup_path else [])]
    free = {place: shutil.disk_usage(_there(place)).free / _GIGABYTE for place in places}
    place, left = min(free.items(), key=lambda each: each[1])
    words = f"{left:,.1f} GB are free where {place} is."
    if left >= _SCARCE:
        return fine("disk", words)
    remedy = f"Make room on the disk of {place}."
    return broken("disk", words, remedy) if left < _FULL else doubtful("disk", words, remedy)


def _there(place: Path) -> Path:
    return next(each for each in (place, *place.parents) if each.exists())


def _database(context: Context) -> Finding:
    try:
        revisions.must_be_known(context.db, resource("migrations"))
        if not revisions.at_head(context.db, resource("migrations")):
            return broken("database", "Migrations are missing: nothing starts on it.", "Run `digest db upgrade`.")
    except revisions.UnknownRevision as error:
        return broken("database", "It is of a newer program.", str(error))
    except SQLAlchemyError as error:
        return broken(
            "database",
            f"It does not answer ({type(error).__name__}).",
            "See that its server runs and DATABASE_URL is right, or that its file is there.",
        )
    return fine("database", "It answers, and every migration is applied.")


def _time(context: Context) -> Finding:
    with context.db.reading() as session:
        off = datetime.now(UTC).timestamp() - database_now(session)
    local = context.settings.schedule.local(context.now)
    if abs(off) > _DATABASE_MAY_BE_OFF:
        return broken(
            "time",
            f"This machine’s clock and the database’s differ by {abs(off):,.0f} seconds.",
            "Set both by NTP, for example with systemd-timesyncd.",
        )
    return fine("time", f"It is {local:%H:%M} in {context.settings.schedule.zone.key}, {context.now:%H:%M} UTC.")


def _next_issue(context: Context) -> Finding:
    with context.db.reading() as session:
        issue = current_issue(session)
    if issue is None:
        return doubtful("next issue", "There is none.", "Start the clock (`digest scheduler`): it makes the next one.")
    schedule = context.settings.schedule
    at = schedule.send_moment(issue.send_date)
    there = at.astimezone(UTC)
    when = f"{schedule.spoken(at)} ({day_and_year(there.date())}, {there:%H:%M} UTC)"
    if issue.on_hold:
        return doubtful("next issue", f"It is on hold; its moment is {when}.", "Release it or skip it on the desk.")
    if at < context.now:
        return doubtful("next issue", f"Its moment has passed: {when}.", "See on the desk why it has not gone.")
    return fine("next issue", f"It goes on {when}.")


def _heartbeat(context: Context) -> Finding:
    with context.db.reading() as session:
        at, now = last_beat(session), database_now(session)
    remedy = (
        "Start it: `digest serve --with-scheduler`, or `digest scheduler`; `systemctl status digest` says why it ended."
    )
    if at is None:
        return broken("clock", "It has never run: nothing closes or sends an issue.", remedy)
    age = max(0, round(now - at))
    if age >= _CLOCK_IS_DEAD_AFTER:
        return broken("clock", f"It last ticked {_ago(age)} ago: nothing closes or sends an issue.", remedy)
    return fine("clock", f"It ticked {age} seconds ago.")


def _messages(context: Context) -> Finding:
    with context.db.reading() as session:
        waiting, oldest = waiting_since(session, context.now - _MESSAGE_AFTER)
    if not waiting or oldest is None:
        return fine("single messages", "None has waited longer than it should.")
    age = _ago(round((context.now - oldest).total_seconds()))
    return broken(
        "single messages",
        f"{waiting:,} wait, the oldest for {age}: confirmations and notices do not leave.",
        "See the outbox on the desk for what the transport says, and that the clock runs.",
    )


def _webhook(context: Context) -> Finding:
    if context.settings.mail_transport != "sendgrid":
        return fine("webhook", "Not needed: messages go into the outbox folder.")
    if not context.settings.sendgrid_webhook_key:
        return doubtful(
            "webhook",
            "SENDGRID_WEBHOOK_KEY is not set: bounces and complaints are not heard, and uncertain batches wait.",
            f"Turn on SendGrid’s signed Event Webhook to {_webhook_url(context)}, and set its key.",
        )
    with context.db.reading() as session:
        accepted, heard = last_accepted_and_heard(session)
        now = database_now(session)
    if accepted is not None and now - accepted > _EVENTS_AFTER and (heard is None or heard < accepted):
        return broken(
            "webhook",
            f"SendGrid took a batch {_ago(round(now - accepted))} ago, and has told nothing of it.",
            f"In SendGrid, see that the Event Webhook is on and signed, and its address {_webhook_url(context)}.",
        )
    return fine(
        "webhook", "Nothing has been sent yet." if heard is None else f"Last heard {_ago(round(now - heard))} ago."
    )


def _webhook_url(context: Context) -> str:
    return f"{context.settings.site_url}/events/sendgrid"


def _account(context: Context) -> Finding:
    with context.db.reading() as session:
        status = sendgrid_status(session)
    if status is None or status.well:
        return fine("SendGrid’s word", "SendGrid has said nothing against the account.")
    return broken(
        "SendGrid’s word",
        f"SendGrid has said of the account: {status.word}.",
        "Sign in at SendGrid, and settle it there; nothing is delivered until then.",
    )


def ailing_sources(context: Context) -> list[SourceLine]:
    """The sources that ail, the worst first."""
    ailing = (line for line in listed_sources(context) if line.state in _AILING)
    return sorted(ailing, key=lambda line: _AILING.index(line.state))


def _sources(context: Context) -> Finding:
    ailing = ailing_sources(context)
    if not ailing:
        return fine("sources", "None ails.")
    named = "; ".join(f"{line.publication} ({line.state})" for line in ailing[:_NAMED])
    return doubtful(
        "sources",
        f"{len(ailing):,} {'ails' if len(ailing) == 1 else 'ail'}, the worst: {named}.",
        "Each one’s page on the desk says what to do.",
    )


def _proxy(context: Context) -> Finding:
    if unknown_proxy_was_seen(context.settings, context.now):
        return broken(
            "proxy",
            "Requests come by a proxy that the settings do not know of: all readers share one address’s limits.",
            "Set TRUSTED_PROXIES to how many proxies stand before the site.",
        )
    return fine("proxy", "No request came by a proxy that the settings do not know of.")


def _ago(seconds: int) -> str:
    for size, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size:,} {word}"
    return f"{seconds} seconds"


_AILING: Sequence[str] = (
    SourceState.FAILING, SourceState.GONE, SourceState.CHALLENGED, SourceState.SILENT, SourceState.LIMITED,
)  # fmt: skip
"""The worst first."""
_IN_THE_DATABASE: Mapping[str, Callable[[Context], Finding]] = {
    "time": _time,
    "clock": _heartbeat,
    "next issue": _next_issue,
    "single messages": _messages,
    "ALERT_URL": look_at_alert_url,
    "EVENTS_URL": look_at_events_url,
    "erasures": erasures_found,
    "webhook": _webhook,
    "SendGrid’s word": _account,
    "backups": look_at_backups,
    "sources": _sources,
    "proxy": _proxy,
}
