"""The freeze: in one transaction an issue stops being a plan and becomes copies, one for each reader, in batches."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from digest.domain.issues.lifecycle import IssueState, Step
from digest.domain.people.acts import Act
from digest.domain.sending.pace import START
from digest.mail.message.foreign import hash_of
from digest.operations.accounting.pacing import set_pace
from digest.operations.guard.restore_guard import note_freezes
from digest.operations.issues.closing import named
from digest.operations.issues.composing import Composed, compose_editions, stored, tags_to_json
from digest.operations.issues.editions import EditionShare, edition_shares
from digest.operations.issues.week import make_next_issue, step_of
from digest.operations.people import audit
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Miscounted
from digest.storage.base.database import room_for_many_rows
from digest.storage.guard.installations import Count, installation
from digest.storage.issues.history import note
from digest.storage.issues.issues import Issue, issue_for_change, last_closing
from digest.storage.readers.subscribers import end_pauses, lock_subscribers, paused_size
from digest.storage.sending.batches import Batch
from digest.storage.sending.deliveries import EditionBatches, count_by_batch, deliver_to_audience, even_sizes
from digest.storage.sending.editions import Edition

BATCH_SIZE = 1_000
"""The most personalizations in one request (SendGrid, POST /v3/mail/send)."""


class Freeze(StrEnum):
    """What came of freezing."""

    FROZEN = "frozen"
    NOT_CLOSED = "not closed"
    NOT_DUE = "not due"
    ON_HOLD = "on hold"
    NO_AUDIENCE = "no audience"


def freeze(
    context: Context,
    issue_id: int,
    who: str,
    batch_size: int = BATCH_SIZE,
    only_if_due: bool = False,
) -> Freeze:
    """Freeze a closed issue: its editions stored, every reader of the audience in exactly one batch of one edition.

    All or nothing; the next issue is made with it. With `only_if_due` the moment is looked at again under the lock: an
    editor may have moved the issue or cancelled since. Raises Miscounted if the copies do not add up.
    """
    if context.settings.mail_redirect_all:
        batch_size = 1  # a rehearsal sends every copy to one address, and a request may name an address only once
    with context.db.writing() as session:
        lock_subscribers(session)
        issue = issue_for_change(session, issue_id)
        closing = last_closing(session, issue)
        if issue.state != IssueState.CLOSED or closing is None:
            return Freeze.NOT_CLOSED
        if issue.on_hold:
            return Freeze.ON_HOLD
        if only_if_due and step_of(context.within(session), issue) is not Step.SEND:
            return Freeze.NOT_DUE
        end_pauses(session, context.now)
        whole = stored(closing, context.settings)
        shares = edition_shares(session, context.settings, whole.content)
        issue.audience = sum(share.readers for share in shares)
        if not issue.audience:
            return Freeze.NO_AUDIENCE
        editions = compose_editions(whole, [share.chosen for share in shares], context.settings)
        with room_for_many_rows(session):
            issue.sender_name = whole.branding.name
            batches = [
                _batches(session, issue, share, composed, batch_size)
                for share, composed in zip(shares, editions, strict=True)
            ]
            deliver_to_audience(session, issue.id, batches)
            _check_sum(session, issue)
        issue.state = IssueState.SENDING
        issue.frozen_at = context.now
        set_pace(issue, START)
        ours = installation(session)
        note_freezes(context.settings, Count(ours.epoch, ours.claims), [(issue.send_date, issue.slot)])
        readers = "reader" if issue.audience == 1 else "readers"
        note(session, issue.id, context.now, who, f"froze it for {issue.audience:,} {readers}{_beside(session)}")
        audit.note(context.within(session), who, Act.SENT, f"{named(issue)}, to {issue.audience:,} {readers}")
        session.flush()
        make_next_issue(context.within(session), who)
        return Freeze.FROZEN


def _beside(session: Session) -> str:
    paused = paused_size(session)
    return f"; {paused:,} more {'has' if paused == 1 else 'have'} paused" if paused else ""


def _batches(
    session: Session, issue: Issue, share: EditionShare, composed: Composed, batch_size: int
) -> EditionBatches:
    edition = _store_edition(session, issue, share.chosen.items, composed)
    sizes = even_sizes(share.readers, -(-share.readers // batch_size))
    batches = [Batch(issue_id=issue.id, edition_id=edition.id, size=size) for size in sizes]
    session.add_all(batches)
    session.flush()
    return EditionBatches(share.choices.keys(), share.readers, [batch.id for batch in batches])


def _store_edition(session: Session, issue: Issue, items: int, composed: Composed) -> Edition:
    rendered = composed.rendered
    edition = Edition(
        issue_id=issue.id,
        items=items,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        tags=tags_to_json(composed.tags),
        hash=hash_of(rendered),
    )
    session.add(edition)
    session.flush()
    return edition


def _check_sum(session: Session, issue: Issue) -> None:
    """The promise that every reader is in exactly one batch, checked before anything is kept."""
    counted = count_by_batch(session, issue.id)
    wrong = [row for row in counted if row.size != row.copies]
    total = sum(row.copies for row in counted)
    if wrong or total != issue.audience:
        raise Miscounted(
            f"Issue {issue.send_date} does not add up (readers: {issue.audience:,}, copies: {total:,}, batches that "
            f"differ: {len(wrong):,}). "
            "Nothing was frozen. For a day from its moment each tick of a clock tries again; `digest send` does when "
            "someone runs it again."
        )
