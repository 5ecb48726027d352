"""What is being typed, kept without anybody's pressing a button; readers never see any of it.

A draft whose words can be stored is stored. Anything else is a working copy beside: unpublished changes, half a date, a
publication or topic that there is not yet, words for what somebody else has saved meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from digest.domain.issues.manuscript import LONGEST_BODY, Manuscript, Piece, read, to_json
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.writing.editing import Saving, is_stale, save_draft_in
from digest.operations.writing.words import says
from digest.storage.base.database import Database
from digest.storage.writing.publications import known_publication_ids
from digest.storage.writing.summaries import Summary, Withdrawal, summary_by_id, summary_of_form
from digest.storage.writing.topics import are_known_topics
from digest.storage.writing.working_copies import WorkingCopy, copy_of, forget_copy
from digest.storage.writing.writers_seen import note_writer

LONGEST_COPY = 200_000
"""Characters of a working copy as it is stored: four times what a summary's text may have."""


@dataclass(frozen=True)
class KeptWords:
    """Where the words are now: in the draft itself, or beside it (`beside`).

    `newer_by` is whoever has saved the summary since the form began, "" for nobody; None for a summary that is gone.
    """

    summary_id: int | None
    version: int
    beside: bool
    newer_by: str | None = ""


def keep(context: Context, manuscript: Manuscript, summary_id: int | None, version: int, saving: Saving) -> KeptWords:
    """Keep what a form holds, in one transaction; also that its editor is here.

    Raises Refused for more than anybody can save: what is kept beside a summary is read with its page each time.
    """
    with context.db.writing() as session:
        summary = _meant(session, summary_id, saving.form_key)
        if summary and saving.editor_id:
            note_writer(session, summary.id, saving.editor_id, context.now)
        if summary is None and _is_empty(manuscript):
            return KeptWords(None, 0, beside=False)
        piece = read(manuscript)
        if isinstance(piece, Piece) and summary and says(summary, piece):
            forget_copy(session, saving.form_key, summary.id, saving.editor_id)
            return KeptWords(summary.id, summary.version, beside=False)
        stale = summary is not None and is_stale(summary, version, saving.form_key)
        gone = summary is None and summary_id is not None
        if isinstance(piece, Piece) and not gone and not stale and _can_be_stored(session, summary, piece):
            saved = save_draft_in(session, context.now, summary, piece, saving)
            return KeptWords(saved.summary_id, saved.version, beside=False)
        _put_beside(session, context, manuscript, summary, version, saving)
        newer_by = None if gone else summary.saved_by if summary and stale else ""
        return KeptWords(summary.id if summary else None, version, True, newer_by)


def be_here(context: Context, summary_id: int, editor_id: int) -> None:
    """The editor has the summary's form open and types nothing just now."""
    with context.db.writing() as session:
        if summary_by_id(session, summary_id):
            note_writer(session, summary_id, editor_id, context.now)


def discard(db: Database, form_key: str, summary_id: int | None, editor_id: int) -> None:
    """The editor doesn't want these unsaved words any more."""
    with db.writing() as session:
        forget_copy(session, form_key, summary_id, editor_id)


def _meant(session: Session, summary_id: int | None, form_key: str) -> Summary | None:
    there = summary_by_id(session, summary_id) if summary_id else summary_of_form(session, form_key)
    return session.get(Summary, there.id, with_for_update={"of": Summary}, populate_existing=True) if there else None


def _is_empty(typed: Manuscript) -> bool:
    return not (typed.title.strip() or typed.body.strip() or typed.sources or typed.topics)


def _can_be_stored(session: Session, summary: Summary | None, piece: Piece) -> bool:
    if summary and (summary.published_at or session.get(Withdrawal, summary.id)):
        return False
    return bool(known_publication_ids(session, [piece.publication])) and are_known_topics(session, piece.topics)


def _put_beside(
    session: Session, context: Context, manuscript: Manuscript, summary: Summary | None, version: int, saving: Saving
) -> None:
    if saving.editor_id is None:
        raise ValueError("a working copy is an editor's: say whose")
    key = summary.id if summary else None
    typed = to_json(manuscript)
    if len(typed) > LONGEST_COPY:
        raise Refused(
            f"This has {len(typed):,} characters, and {LONGEST_COPY:,} at most are kept while you type. Shorten it: "
            f"a summary has {LONGEST_BODY:,} at most. Until then it is in this browser only"
        )
    there = copy_of(session, saving.form_key, key, saving.editor_id)
    if there is None:
        there = WorkingCopy(form_key=saving.form_key)
        session.add(there)
    there.form_key, there.summary_id, there.editor_id = saving.form_key, key, saving.editor_id
    there.version, there.typed, there.saved_at = version, typed, context.now
    session.flush()
