"""The proof: the exact digest mailed to the editors, with what changed since the last one, and who gets what of it."""

from __future__ import annotations

from collections.abc import Sequence

from digest.domain.issues.edition import Content, changes, from_json
from digest.domain.shared.stored import UnreadableRecord
from digest.mail.message.identity import identity_of
from digest.mail.message.rendering import ProofNote, render_proof
from digest.operations.issues.composing import Composed, sample
from digest.operations.issues.editions import edition_shares, told, whole_readers
from digest.operations.messages.queue import post
from digest.operations.shared.context import Work
from digest.operations.shared.links import desk_issue_url, hold_url
from digest.storage.issues.issues import Closing, Issue
from digest.storage.people.editors import active_editors
from digest.storage.readers.subscribers import audience_size


def differences(before: Closing | None, content: Content) -> list[str]:
    """What changed since the last proof, a sentence each; nothing where this is the first."""
    if before is None:
        return []
    try:
        return changes(from_json(before.content), content)
    except UnreadableRecord:
        return ["The last proof’s digest can’t be read any more, so nobody can list what changed: look at all of it."]


def post_proofs(
    work: Work, issue: Issue, composed: Composed, hold_key: str, changed: Sequence[str], too_few: str
) -> None:
    """Queue a proof to every active editor, in the caller's transaction; `too_few` says why it would be skipped."""
    shares = edition_shares(work.session, work.settings, composed.content)
    send_at = issue.send_now_at or work.settings.schedule.send_moment(issue.send_date)
    proof = render_proof(
        sample(composed, work.settings, work.now.date()),
        identity_of(work.settings),
        ProofNote(
            send_at_text=work.settings.schedule.spoken(send_at),
            readers=audience_size(work.session),
            hold_url=hold_url(work.settings, hold_key),
            desk_url=desk_issue_url(work.settings, issue.send_date),
            changes=tuple(changed),
            warnings=tuple(str(fault) for fault in composed.faults),
            on_hold=issue.on_hold,
            too_few=too_few,
            editions=told(shares),
            whole=whole_readers(shares),
        ),
    )
    for editor in active_editors(work.session):
        post(work.session, work.now, "proof", editor.email, proof)
