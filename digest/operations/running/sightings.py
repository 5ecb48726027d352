"""What is wrong now, as causes: what the database shows, what fails in this process, and what the doctor finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta

from sqlalchemy.orm import Session

from digest.domain.issues.calendar import day_and_year
from digest.domain.running.alerts import QUIET, AlertKind, cause, mark_of
from digest.domain.running.findings import Finding, FindingState
from digest.domain.sources.states import SourceState
from digest.mail.message.templating import counted
from digest.operations.messages.alerting import Sighting
from digest.operations.readers.signup_brake import brake_lasts, no_room_lasts
from digest.operations.running.doctor_on_hooks import ALERT_WAITS
from digest.operations.sending.send_status import SendStatus, Stall, send_status_of
from digest.operations.shared.context import Context
from digest.operations.shared.fault_log import Lasting
from digest.operations.shared.links import desk_issue_url, desk_report_url
from digest.operations.sources.source_files import listed_sources
from digest.storage.accounting.accounts import unsettled_issues
from digest.storage.base.database import database_now
from digest.storage.events.sendgrid_status import sendgrid_status
from digest.storage.issues.issues import issue_on, issues_being_sent, unsent_issues
from digest.storage.messages.alerts import open_alerts
from digest.storage.messages.messages import alerts_not_taken
from digest.storage.running.heartbeats import last_beat
from digest.storage.sending.batches import last_accepted_and_heard

PATIENCE = timedelta(minutes=10)
"""What may right itself is told of when it has lasted for so long."""
CLOCK_IS_DEAD_AFTER = timedelta(minutes=5)
_MOST_AILING, _AT_LEAST = 0.25, 5
_AT_HOME = (timedelta(minutes=4), QUIET)
_ABROAD = (timedelta(minutes=50), timedelta(hours=2, minutes=30))
"""What the doctor finds is told when it was found twice, and good until it was missed twice: it looks at this machine
every five minutes, and asks others each hour.
"""


def of_sends(context: Context, session: Session) -> Iterator[Sighting]:
    """Sends of which nothing was accepted for a while; not those that a person stopped, or SendGrid refuses: that tells
    of itself.
    """
    now, (accepted, _) = database_now(session), last_accepted_and_heard(session)
    for issue in issues_being_sent(session):
        status = send_status_of(session, issue)
        moved_at = max(accepted or 0.0, issue.frozen_at.timestamp() if issue.frozen_at else 0.0)
        if now - moved_at >= PATIENCE.total_seconds() and (words := _STALLS.get(status.stall)):
            yield Sighting(
                cause(AlertKind.SEND_STALLED, issue.send_date, status.stall),
                f"The send of {day_and_year(issue.send_date)} stands still",
                [words(status), f"{counted(status.unclaimed + status.in_hand, 'copy waits', 'copies wait')}."],
                ("See how far it is", desk_issue_url(context.settings, issue.send_date)),
            )


def of_held_batches(context: Context, session: Session) -> Iterator[Sighting]:
    """Held copies that wait for a person's word; after a restore its own alert says so of all together."""
    if any(each.cause == cause(AlertKind.RESTORED) for each in open_alerts(session)):
        return
    for each in unsettled_issues(session):
        if each.held:
            day = each.issue.send_date
            copies = counted(each.held, "copy", "copies")
            yield Sighting(
                cause(AlertKind.HELD, day),
                f"Someone must decide about copies of the digest of {day_and_year(day)}",
                [f"{copies} held: nobody can know whether they left. They are never sent again by themselves."],
                ("Decide", desk_report_url(context.settings, day)),
                PATIENCE,
            )


def of_alert_url(context: Context, session: Session) -> Iterator[Sighting]:
    """An ALERT_URL that takes nothing: mail has to say it."""
    waiting, why = alerts_not_taken(session, context.now - ALERT_WAITS)
    if waiting:
        yield Sighting(
            cause(AlertKind.ALERT_URL),
            "ALERT_URL does not take alerts",
            [f"{counted(waiting, 'alert waits', 'alerts wait')}: {why}. They are tried again, at least once an hour."],
        )


def of_sources(context: Context) -> Iterator[Sighting]:
    """Sources, if many ail at once."""
    lines = listed_sources(context)
    ailing = [line for line in lines if line.state in (SourceState.FAILING, SourceState.GONE, SourceState.CHALLENGED)]
    if len(ailing) >= max(_AT_LEAST, _MOST_AILING * len(lines)):
        yield Sighting(
            cause(AlertKind.SOURCES),
            "Many sources fail",
            [f"{len(ailing):,} of {len(lines):,} can’t be read. If it is most of them, see that this machine reaches "
             "the network and its name servers; each one’s page on the desk has its own reason."],
            ("See the sources", f"{context.settings.site_url}/desk/sources"),
        )  # fmt: skip


def of_clocks(_context: Context, session: Session) -> Iterator[Sighting]:
    """Clocks that no longer tick, seen by somebody else. One that never ran is not missed."""
    beat = last_beat(session)
    if beat is not None and database_now(session) - beat >= CLOCK_IS_DEAD_AFTER.total_seconds():
        yield Sighting(
            cause(AlertKind.CLOCK),
            "The clock stands still",
            ["Nothing closes or sends an issue. Start it: `digest serve --with-scheduler`, or `digest scheduler`; "
             "`systemctl status digest` says why it ended."],
        )  # fmt: skip


def of_duties(faults: Iterable[Lasting]) -> Iterator[Sighting]:
    """What the clock tries again and again; a step of an issue tells of itself."""
    for fault in faults:
        if not fault.what.startswith("issue "):
            yield Sighting(
                cause(AlertKind.DUTY_FAILED, mark_of(fault.what)),
                f"The clock keeps failing: {fault.what}",
                [f"{fault.kind}. It is tried again by itself; the log on the server has the whole of it."],
                patience=PATIENCE,
            )


def of_findings(findings: Iterable[Finding], is_abroad: bool) -> Iterator[Sighting]:
    """What the doctor calls bad, and a disk that is getting full."""
    for found in findings:
        kind = _OF_FINDINGS.get(found.name, AlertKind.INSTALLATION)
        if kind is None or found.state not in (_EARLY if kind is AlertKind.DISK else _BAD):
            continue
        which = cause(kind) if kind is not AlertKind.INSTALLATION else cause(kind, found.name)
        words = [part for part in (found.words, found.remedy) if part]
        heading = f"{found.name[:1].upper()}{found.name[1:]}: something does not work"
        patience, good_for = _ABROAD if is_abroad else _AT_HOME
        yield Sighting(which, heading, words, patience=patience, good_for=good_for)


def lasts(context: Context, session: Session, which: str) -> bool:
    """Whether a cause lasts of which all was said when it began, and which nothing else here looks for."""
    kind, _, subject = which.partition(":")
    still = _STILL.get(kind)
    return still is not None and still(context, session, subject)


def _preflight_lasts(_context: Context, session: Session, subject: str) -> bool:
    issue = issue_on(session, date.fromisoformat(subject))
    return issue is not None and issue.on_hold and issue in unsent_issues(session)


def _missed_lasts(_context: Context, session: Session, subject: str) -> bool:
    issue = issue_on(session, date.fromisoformat(subject))
    return issue is not None and issue.missed_at is not None and issue in unsent_issues(session)


def _restored_lasts(_context: Context, session: Session, _subject: str) -> bool:
    waits = any(issue.on_hold for issue in unsent_issues(session))
    return waits or any(each.held for each in unsettled_issues(session))


def _account_ails(_context: Context, session: Session, _subject: str) -> bool:
    status = sendgrid_status(session)
    return status is not None and not status.well


_STILL: Mapping[str, Callable[[Context, Session, str], bool]] = {
    AlertKind.PREFLIGHT: _preflight_lasts,
    AlertKind.MISSED: _missed_lasts,
    AlertKind.RESTORED: _restored_lasts,
    AlertKind.SENDGRID_ACCOUNT: _account_ails,
    AlertKind.BRAKE: lambda _context, session, _subject: brake_lasts(session),
    AlertKind.NO_ROOM: lambda _context, session, _subject: no_room_lasts(session),
}

_STALLS: Mapping[Stall, Callable[[SendStatus], str]] = {
    Stall.LIMITED: lambda _: "SendGrid asked for a pause (429). It goes on by itself after that.",
    Stall.PROBING: lambda status: (
        f"A request had no certain outcome, and SendGrid has not answered since; it was asked {status.tries:,} times. "
        "Look at SendGrid’s status page."
    ),
    Stall.SILENT: lambda status: f"The sender {status.because} does not report on what it has in hand.",
    Stall.AGAIN: lambda status: f"What is left was not taken ({status.because or 'nothing says why'}), and goes again.",
}

_OF_FINDINGS: Mapping[str, AlertKind | None] = {
    "disk": AlertKind.DISK,
    "time": AlertKind.TIME,
    "single messages": AlertKind.MESSAGES,
    "webhook": AlertKind.WEBHOOK,
    "backups": AlertKind.BACKUPS,
    "time abroad": AlertKind.TIME,
    "SendGrid’s key": AlertKind.SENDGRID,
    "sender": AlertKind.SENDGRID,
    "SendGrid’s word": None,
    "clock": None,
    "ALERT_URL": None,
}
"""By the finding's name. None: it is alerted to as such, elsewhere."""
_BAD = (FindingState.BAD,)
_EARLY = (FindingState.BAD, FindingState.WARN)
"""A disk is told of while there is still time to make room."""
