"""Closing an issue: the digest is rendered and stored, and its editors get the proof. And opening it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import GRACE
from digest.domain.issues.edition import to_json
from digest.domain.issues.lifecycle import IssueState
from digest.domain.issues.manuscript import one_line
from digest.domain.people.acts import Act
from digest.domain.running.alerts import AlertKind, cause
from digest.domain.running.branding import to_json as branding_to_json
from digest.domain.shared.tokens import new_key
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import render_test
from digest.mail.message.templating import counted
from digest.operations.issues.composing import Composed, compose, compose_now, sample, tags_to_json
from digest.operations.issues.editions import with_faults_of_editions
from digest.operations.issues.proofs import differences, post_proofs
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.messages.queue import post, tell_editors
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_issue_url
from digest.operations.shared.refusal import Refused
from digest.storage.issues.history import note
from digest.storage.issues.issues import Closing, Issue, issue_for_change, last_closing
from digest.storage.people.editors import Editor, active_editors

THE_CLOCK = "the clock"
THE_COMMAND = "the command"
SHORTEST_REASON = 3
LONGEST_REASON = 300


def close_issue(context: Context, issue_id: int, who: str, override: str = "") -> None:
    """Close an open issue on a person's word; with an `override`, a sender's reason, also over what pre-flight blocks.

    Raises Refused with what pre-flight blocks.
    """
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state != IssueState.OPEN:
            raise Refused(f"This issue is {issue.state} already.")
        close(context.within(session), issue, who, override)


def close_at_cutoff(context: Context, issue_id: int) -> None:
    """Close an open issue because its moment has come.

    An empty one stays open until its send moment, and the editors are told. One that pre-flight blocks is closed and
    put on hold: nobody is there to mend it, and a digest with a fault in it can't be called back.
    """
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state != IssueState.OPEN:
            return
        composed = _composed(session, context.settings, issue)
        if not composed.content.items:
            if issue.reopened_at is None:
                _leave_open(context.within(session), issue)
            return
        if blocking := composed.blocking:
            issue.held_at, issue.held_by = context.now, THE_CLOCK
            note(session, issue.id, context.now, THE_CLOCK, f"put it on hold: {' '.join(blocking).rstrip('.')}")
            audit.note(context.within(session), THE_CLOCK, Act.HELD, f"{named(issue)}: pre-flight stops it")
            _tell_of_hold(context.within(session), issue, blocking)
        _store(context.within(session), issue, composed, THE_CLOCK)


def close(work: Work, issue: Issue, who: str, override: str = "") -> None:
    """Store the digest and queue the proofs, in the caller's transaction; with an `override`, over what pre-flight
    blocks. Raises Refused, then nothing is stored.

    `digest send` is a person's word where no page can ask: what is doubtful does not stop it, and is noted.
    """
    composed = _composed(work.session, work.settings, issue)
    if not composed.content.items:
        raise Refused("Nothing is selected. Put at least one published summary on the issue.")
    refuse_final(composed)
    reason = reason_given(override)
    if who == THE_COMMAND and all(fault.doubtful for fault in composed.faults if fault.blocks):
        reason = reason or "sent by the command"
    if composed.blocking and not reason:
        raise Refused("Pre-flight stops it. " + " ".join(composed.blocking))
    _store(work, issue, composed, who, reason if composed.blocking else "")


def refuse_final(composed: Composed) -> None:
    """Raise Refused with what no reason lets pass, if anything."""
    if final := [str(fault) for fault in composed.faults if fault.final]:
        raise Refused("Pre-flight stops it, and no reason lets it pass. " + " ".join(final))


def reason_given(override: str) -> str:
    """A sender's reason on one line, without addresses. Raises Refused for one that says nothing, or too much."""
    reason = audit.without_readers(one_line(override))
    if override and len(reason) < SHORTEST_REASON:
        raise Refused("Give the reason in some words: it stays in the issue’s history.")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"The reason has {len(reason)} characters; {LONGEST_REASON} is the most. Shorten it.")
    return reason.rstrip(". ")


def note_override(work: Work, issue: Issue, who: str, reason: str, blocking: Sequence[str]) -> None:
    """Keep in the issue's history and in the audit log that a fault was passed over, which, and why."""
    words = f"let it pass over pre-flight, because: {reason} ({' '.join(blocking).rstrip('.')})"
    note(work.session, issue.id, work.now, who, words)
    audit.note(work, who, Act.OVERRODE, f"{named(issue)}: {reason}")


def named(issue: Issue) -> str:
    """An issue as the audit log names it."""
    return f"issue of {issue.send_date.isoformat()}"


def reopen_issue(context: Context, issue_id: int, who: str) -> None:
    """Open a closed issue again. Left open, it closes itself as it stands at its send moment. Raises Refused."""
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state != IssueState.CLOSED:
            raise Refused(f"This issue is {issue.state}; only a closed one can be reopened.")
        send_at = context.settings.schedule.send_moment(issue.send_date)
        if send_at <= context.now < send_at + GRACE and not issue.on_hold:
            raise Refused("Its send moment has come. Put it on hold first, if it has not left yet.")
        issue.state = IssueState.OPEN
        # Before its cut-off an issue is simply open, and closes then as any other.
        issue.reopened_at = context.now if cutoff_of(context.settings, issue) <= context.now else None
        issue.reminded_at = issue.send_now_at = None
        note(session, issue.id, context.now, who, "reopened it")
        audit.note(context.within(session), who, Act.REOPENED, named(issue))


def too_few(settings: Settings, items: int) -> str:
    """`It has 2 items, and an issue needs 3`, where it has fewer than it needs to go by itself; else empty.

    Such an issue is skipped at its moment, unless it is on hold then.
    """
    least = settings.minimum_items
    if items >= least:
        return ""
    if items:
        return f"It has {counted(items, 'item', 'items')}, and an issue needs {least:,}"
    return "Nothing is on it" + (f", and an issue needs {least:,} items" if least > 1 else "")


def cutoff_of(settings: Settings, issue: Issue) -> datetime:
    """When the issue's selection closes."""
    return issue.cutoff_at or settings.schedule.cutoff_moment(issue.send_date)


def remind_of_open_issue(context: Context, issue_id: int) -> None:
    """Tell the editors, once, that an issue left open will close itself as it stands."""
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        if issue.state != IssueState.OPEN or issue.reminded_at:
            return
        issue.reminded_at = context.now
        at = context.settings.schedule.spoken(context.settings.schedule.send_moment(issue.send_date))
        tell_editors(
            context.within(session),
            "The issue is still open",
            [f"Left open, it closes itself as it stands and goes at {at}.", "Approve it, or put it on hold."],
            ("Open the issue", desk_issue_url(context.settings, issue.send_date)),
        )


def send_test(context: Context, issue_id: int, editor: Editor) -> None:
    """Mail the digest as it stands to one editor."""
    with context.db.writing() as session:
        issue = issue_for_change(session, issue_id)
        shown = sample(compose(session, context.settings, issue), context.settings, context.now.date())
        test = render_test(shown, identity_of(context.settings), desk_issue_url(context.settings, issue.send_date))
        post(session, context.now, "test", editor.email, test)


def _composed(session: Session, settings: Settings, issue: Issue) -> Composed:
    return with_faults_of_editions(session, settings, compose_now(session, settings, issue))


def keep_digest(work: Work, issue: Issue, composed: Composed, who: str, override: str = "") -> Closing:
    """Close an issue with this digest, and tell nobody."""
    closing = Closing(
        issue_id=issue.id,
        closed_at=work.now,
        closed_by=who,
        hold_key=new_key(),
        override=override,
        content=to_json(composed.content),
        subject=composed.rendered.subject,
        text=composed.rendered.text,
        html=composed.rendered.html,
        tags=tags_to_json(composed.tags),
        branding=branding_to_json(composed.branding),
    )
    work.session.add(closing)
    issue.state = IssueState.CLOSED
    issue.reopened_at = None
    work.session.flush()
    return closing


def _store(work: Work, issue: Issue, composed: Composed, who: str, override: str = "") -> None:
    before = last_closing(work.session, issue)
    closing = keep_digest(work, issue, composed, who, override)
    proof = (
        "the proof is on its way to the editors"
        if active_editors(work.session)
        else "no editor is there to get a proof"
    )
    if override:
        note_override(work, issue, who, override, composed.blocking)
    note(work.session, issue.id, work.now, who, f"closed it; {proof}")
    audit.note(work, who, Act.APPROVED, f"{named(issue)}, {counted(len(composed.content.items), 'item', 'items')}")
    few = "" if issue.send_now_at else too_few(work.settings, len(composed.content.items))
    post_proofs(work, issue, composed, closing.hold_key, differences(before, composed.content), few)


def _tell_of_hold(work: Work, issue: Issue, blocking: Sequence[str]) -> None:
    which = cause(AlertKind.PREFLIGHT, issue.send_date)
    words = [*blocking, "It does not go by itself. Reopen it, mend it, approve it again and release it."]
    link = ("Open the issue", desk_issue_url(work.settings, issue.send_date))
    sight(work, Sighting(which, "The issue is on hold: pre-flight stops it", words, link), is_news=True)


def _leave_open(work: Work, issue: Issue) -> None:
    issue.reopened_at = work.now
    at = work.settings.schedule.spoken(work.settings.schedule.send_moment(issue.send_date))
    least = work.settings.minimum_items
    goes = f"Whatever is on the issue at {at} goes; if nothing is, the issue is skipped."
    if least > 1:
        goes = f"Whatever is on the issue at {at} goes, if that is {least:,} items or more; with fewer it is skipped."
    note(work.session, issue.id, work.now, THE_CLOCK, "left it open at the cut-off: nothing was selected")
    tell_editors(
        work,
        "Nothing is selected for this week’s issue",
        [f"The cut-off has passed. {goes}"],
        ("Choose what goes", desk_issue_url(work.settings, issue.send_date)),
    )
