"""Deciding about batches of which nobody knows what became: by qualified silence, or by a person's word.

Events prove them, in `proving`. Whatever the way, each decision is written with who, when and on which evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import IssueState
from digest.domain.people.acts import Act
from digest.domain.running.alerts import AlertKind, cause
from digest.domain.sending.silence import Judged, Judgement, Silence, judge
from digest.domain.shared.addresses import without_addresses
from digest.operations.accounting.completing import complete_in
from digest.operations.issues.closing import THE_CLOCK, named
from digest.operations.messages.alerting import Sighting, sight
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.links import desk_report_url
from digest.operations.shared.refusal import Refused
from digest.storage.accounting.settlements import Verdict, has_held, last_settlement, note_settlement
from digest.storage.accounting.unsettled import (
    Listening,
    UnsettledBatch,
    accept_batches,
    hold_batch,
    issues_with_unknown_batches,
    listening,
    release_batches,
    skip_batches,
    taken_together,
    unknown_batches,
    unsettled_alike,
    unsettled_batch,
)
from digest.storage.base.database import database_now
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue, issue_for_change
from digest.storage.running.heartbeats import ticking_since
from digest.storage.sending.batches import Batch, batch_for_change

WORDS = (Verdict.SENT, Verdict.RESEND, Verdict.SKIP)
"""What a person may say of a batch in doubt."""


class OthersMeanwhile(Refused):
    """Batches have come into doubt, or out of it, since the person looked: the word was not about these."""


@dataclass(frozen=True)
class Decided:
    """What a person's word did."""

    issue_id: int
    verdict: Verdict
    batches: int
    copies: int
    stopped: bool
    """Whether the send was stopped, so that what is to be sent again waits until it is resumed."""


def decide_by_silence(context: Context) -> None:
    """Decide about every unknown batch whose time is over: sent again, or held for a person.

    Any number of clocks may do so at once; nothing is written while there is nothing to decide.
    """
    with context.db.reading() as session:
        doubtful = [
            issue_id for issue_id in issues_with_unknown_batches(session) if _due(session, context.settings, issue_id)
        ]
    for issue_id in doubtful:
        with context.db.writing() as session:
            issue = issue_for_change(session, issue_id)
            if judged := _due(session, context.settings, issue_id, lock=True):
                _decide_issue(context.within(session), issue, judged)


def decide_batch(  # noqa: PLR0913 - what a person says, most of it by name
    context: Context,
    batch_id: int,
    verdict: Verdict,
    who: str,
    evidence: str = "",
    alike: bool = False,
    shown: str | None = None,
) -> Decided:
    """A person's word on a held or unknown batch, or, `alike`, on all of its issue with the same cause.

    `sent`: they count as accepted. `resend`: they wait to be claimed again, and the issue is being sent again. `skip`:
    their readers go without. Of two people, the second is told what the first decided. Raises Refused with the remedy,
    OthersMeanwhile where `shown`, the mark of what the person saw, is not that of the batches now.
    """
    evidence = without_addresses(evidence)
    if verdict not in WORDS:
        raise Refused(f"“{verdict}” can’t be said of a batch: say {', '.join(WORDS)}.")
    with context.db.writing() as session:
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise Refused(f"There is no batch {batch_id}. `digest status` lists those that wait for a word.")
        issue = issue_for_change(session, batch.issue_id)
        doubts = _in_question(session, context.settings, batch_id, alike)
        if alike and shown not in (None, taken_together(doubts).mark):
            raise OthersMeanwhile("Meanwhile other batches wait for the same cause. Look at them, then decide.")
        _carry_out(context.within(session), issue, verdict, doubts)
        for doubt in doubts:
            note_settlement(session, doubt.batch_id, context.now, who, verdict, _evidence(evidence, doubt))
        copies = sum(doubt.copies for doubt in doubts)
        settled = Decided(issue.id, verdict, len(doubts), copies, issue.stopped_at is not None)
        note(session, issue.id, context.now, who, f"decided “{verdict}” for {_named(doubts)}{_because(evidence)}")
        about = f"{named(issue)}, {len(doubts)} of its batches, {copies:,} copies: {verdict}"
        audit.note(context.within(session), who, Act.DECIDED, about)
        complete_in(context.within(session), issue)
        return settled


def _due(
    session: Session, settings: Settings, issue_id: int, lock: bool = False
) -> list[tuple[UnsettledBatch, Judged]]:
    """The issue's unknown batches about which something is to be decided now."""
    doubts = unknown_batches(session, issue_id, lock)
    if not doubts:
        return []
    heard, at = listening(session, issue_id), database_now(session)
    up = at - ticking_since(session, at)
    judged = [(doubt, judge(_silence(settings, doubt, heard, at, up))) for doubt in doubts]
    return [(doubt, found) for doubt, found in judged if found.judgement is not Judgement.WAIT]


def _silence(settings: Settings, doubt: UnsettledBatch, heard: Listening, at: float, up: float) -> Silence:
    # A doubt of unknown age has waited for ever, and no batch is known to have been accepted after it.
    return Silence(
        seconds=at - (doubt.unknown_at or 0.0),
        up=up,
        copies=doubt.copies,
        heard=doubt.heard,
        events_can_come=bool(settings.sendgrid_webhook_key),
        accepted=heard.accepted,
        accepted_heard=heard.heard,
        later_heard=0 if doubt.unknown_at is None else heard.later_than(doubt.unknown_at),
    )


def _decide_issue(work: Work, issue: Issue, judged: Sequence[tuple[UnsettledBatch, Judged]]) -> None:
    held_before = has_held(work.session, issue.id, THE_CLOCK)
    held = [doubt for doubt, found in judged if found.judgement is Judgement.HOLD]
    again = [doubt for doubt, found in judged if found.judgement is Judgement.RESEND]
    if again:
        release_batches(work.session, [doubt.batch_id for doubt in again])
        issue.state = IssueState.SENDING
    for doubt, found in judged:
        verdict = Verdict.HOLD
        if found.judgement is Judgement.RESEND:
            verdict = Verdict.RESEND
        else:
            hold_batch(work.session, doubt.batch_id, f"{doubt.because}; {found.evidence}".removeprefix("; "))
        note_settlement(work.session, doubt.batch_id, work.now, THE_CLOCK, verdict, found.evidence)
    if again:
        note(work.session, issue.id, work.now, THE_CLOCK, f"sends {_named(again)} again: no event of any copy came")
    if held:
        note(work.session, issue.id, work.now, THE_CLOCK, f"left {_named(held)} to a person: {_in_common(judged)}")
    complete_in(work, issue)
    # What has just been finished has told of everything that is held.
    if held and not held_before and issue.state == IssueState.SENDING:
        _tell_of_held(work, issue, held)


def _in_common(judged: Sequence[tuple[UnsettledBatch, Judged]]) -> str:
    """Why these are held: the evidence where it is the same for all, else that there is some for each."""
    found = {one.evidence for _, one in judged if one.judgement is Judgement.HOLD}
    return found.pop() if len(found) == 1 else "silence did not settle them, for each batch’s own reasons"


def _tell_of_held(work: Work, issue: Issue, held: Sequence[UnsettledBatch]) -> None:
    sight(work, Sighting(
        cause(AlertKind.HELD, issue.send_date),
        f"Someone must decide about copies of the digest of {day_and_year(issue.send_date)}",
        [f"Nobody can know whether {_named(held)} left, and SendGrid’s events did not settle it.",
         "They are never sent again by themselves. Look at the report, then say sent, resend or skip, on the desk or "
         "with `digest settle`. The rest of the send goes on."],
        ("Decide", desk_report_url(work.settings, issue.send_date)),
    ), is_news=True)  # fmt: skip


def _in_question(session: Session, settings: Settings, batch_id: int, alike: bool) -> list[UnsettledBatch]:
    """The batches that a word concerns, locked. Raises Refused if nothing is to be said of this one (any more)."""
    batch = batch_for_change(session, batch_id)
    doubt = unsettled_batch(session, batch_id)
    if doubt:
        return unsettled_alike(session, doubt, lock=True) if alike else [doubt]
    decided = last_settlement(session, batch_id)
    if decided:
        when = settings.schedule.spoken(decided.at)
        raise Refused(f"Batch {batch_id} is {batch.state} now: {decided.who} decided “{decided.verdict}” on {when}.")
    raise Refused(
        f"Batch {batch_id} is {batch.state}. Only held and unknown batches wait for a word: `digest status` lists them."
    )


def _carry_out(work: Work, issue: Issue, verdict: Verdict, doubts: Sequence[UnsettledBatch]) -> None:
    batch_ids = [doubt.batch_id for doubt in doubts]
    if verdict == Verdict.SENT:
        accept_batches(work.session, batch_ids, database_now(work.session))
    elif verdict == Verdict.SKIP:
        day = day_and_year(work.settings.schedule.local(work.now))
        skip_batches(
            work.session, batch_ids, f"nobody knew whether it had left; skipped by a person’s decision of {day}"
        )
    elif verdict == Verdict.RESEND:
        release_batches(work.session, batch_ids)
        issue.state = IssueState.SENDING
    else:
        raise ValueError(f"nothing is known of the verdict {verdict}")


def _evidence(said: str, doubt: UnsettledBatch) -> str:
    known = f"known then: {doubt.because}" if doubt.because else ""
    return "; ".join(part for part in (_said(said), known) if part) or "none was given"


def _because(said: str) -> str:
    return f": {_said(said)}" if _said(said) else ""


def _said(said: str) -> str:
    """A person's words as a part of a sentence."""
    return said.strip().rstrip(".")


def _named(doubts: Sequence[UnsettledBatch]) -> str:
    """`batch 12 (1,000 copies)`, `3 batches (2,500 copies)`."""
    copies = sum(doubt.copies for doubt in doubts)
    which = f"batch {doubts[0].batch_id}" if len(doubts) == 1 else f"{len(doubts):,} batches"
    return f"{which} ({copies:,} {'copy' if copies == 1 else 'copies'})"
