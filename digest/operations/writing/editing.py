"""Writing summaries: saving, publishing, taking back, deleting.

Every save names the version it began from; if somebody else has saved since, nothing is written and the editor is told.
A form that makes a summary carries a key: sent twice, by whatever way, it makes one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from digest.domain.issues.crediting import host_of
from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import LONGEST_PUBLICATION, LONGEST_TITLE, Manuscript, Piece, one_line, read
from digest.domain.people.acts import Act
from digest.domain.shared.slugs import slugify
from digest.domain.writing.bodies import BodyFormat
from digest.operations.archive.indexing import leave_index, lock_index
from digest.operations.issues.week import ensure_issue
from digest.operations.people import audit
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.writing.meaning import Meant, Said, publication_meant
from digest.operations.writing.placing import closed_meanwhile, leave_open_issues, place
from digest.operations.writing.revising import note_before, note_revision, wording_of
from digest.operations.writing.words import says, write
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from digest.storage.issues.selections import issue_carrying
from digest.storage.people.editors import Editor
from digest.storage.sources.leads import give_back_leads
from digest.storage.writing.revisions import RevisionKind
from digest.storage.writing.summaries import Summary, Withdrawal, summary_of_form
from digest.storage.writing.working_copies import forget_copy, set_copies_free

T = TypeVar("T")


@dataclass(frozen=True)
class Saving:
    """By whose hand and from which form something is saved, and what readers are told of it.

    `correction` says what was wrong; empty: a change to what is published is a silent one.
    """

    who: str = ""
    editor_id: int | None = None
    form_key: str = ""
    correction: str = ""


@dataclass(frozen=True)
class Saved:
    """The summary is stored, in its new version."""

    summary_id: int
    version: int


@dataclass(frozen=True)
class Conflict:
    """Somebody else has saved this summary since; nothing was written. `version` is theirs."""

    version: int
    summary_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Published:
    """The summary is in the archive. `issue_date` is the issue it is on, None when that has to wait for the next one.

    `closed_date` is the current issue's where that is closed already, so that the summary goes on a later one.
    """

    summary_id: int
    wanted: bool
    issue_date: date | None
    closed_date: date | None


@dataclass(frozen=True)
class Beginning:
    """What a draft begins with, as far as it is known: from a lead, or from an address that somebody pasted."""

    title: str = ""
    published_on: date | None = None
    publication: str = ""
    sources: tuple[Source, ...] = ()
    topics: tuple[str, ...] = ()
    body: str = ""


_NOBODY = Saving()


def start_draft(work: Work, beginning: Beginning, saving: Saving = _NOBODY, said: Said | None = None) -> int | Meant:
    """Make a draft of it, in the caller's transaction, and return its id.

    What is missing is made good as far as can be: a draft has a title, a date and a publication, which is known by the
    source's host where nobody has named it. A publication that is not there yet is made only if that was `said`: else
    nothing is, and what is to be asked comes back. Raises Refused for an address that readers can't be sent to.
    """
    piece = read(_begun(work, beginning))
    if isinstance(piece, dict):
        raise Refused(" ".join(piece.values()))
    meant = publication_meant(work.session, piece.publication, said)
    return meant if meant.is_new else _new(work.session, work.now, replace(piece, publication=meant.name), saving).id


def save(
    db: Database,
    now: datetime,
    piece: Piece,
    summary_id: int | None = None,
    version: int = 0,
    saving: Saving = _NOBODY,
) -> Saved | Conflict:
    """Store a new draft, or the changes to a draft or published summary. Raises Refused if it was deleted."""
    return _once(db, lambda session: _saved(session, now, piece, summary_id, version, saving))


def publish(
    context: Context,
    piece: Piece,
    summary_id: int | None = None,
    version: int = 0,
    on_issue: bool = True,
    saving: Saving = _NOBODY,
) -> Published | Conflict:
    """Store the summary and put it in the archive; with `on_issue` also on the earliest issue that is still open.

    Where none is open, it waits for the next one, which starts with it.
    """
    if on_issue:
        ensure_issue(context)

    def store(session: Session) -> Published | Conflict:
        saved = _saved(session, context.now, piece, summary_id, version, saving)
        if isinstance(saved, Conflict):
            return saved
        summary = session.get_one(Summary, saved.summary_id)
        before = issue_carrying(session, summary.id)
        if not summary.published_at:
            _show(session, context.now, summary, saving.who)
            if on_issue:
                place(session, summary)
        return _placed(session, summary, before)

    return _once(context.db, store)


def take_back(db: Database, now: datetime, summary_id: int, who: str = "") -> None:
    """Make a published summary a draft again. Raises Refused once a digest that carries it is closed, or went."""
    with db.writing() as session:
        summary = _existing(session, summary_id)
        leave_open_issues(
            session,
            summary_id,
            "This went out with the issue of {day}, whose readers have its address. Correct the text instead.",
            "take this back",
        )
        note_before(session, summary)
        if summary.published_at:
            note_revision(session, summary, now, who, RevisionKind.TAKEN_BACK)
            audit.note_in(session, now, who, Act.TAKEN_BACK, f"“{summary.title}”")
        summary.published_at = None
        summary.wanted = False
        summary.updated_at = now
        summary.version += 1


def delete_draft(context: Context, summary_id: int, editor: Editor | None = None) -> None:
    """Delete a draft for good; what others have typed for it and not saved stays on the desk.

    Raises Refused for a published summary: its address is permanent.
    """
    with context.db.writing() as session:
        lock_index(session)
        summary = _existing(session, summary_id)
        if summary.published_at:
            raise Refused("This is published, and its address is permanent. Take it back to draft first.")
        audit.note(context.within(session), editor.email if editor else "", Act.DELETED, f"“{summary.title}”")
        set_copies_free(session, summary_id, editor.id if editor else None)
        give_back_leads(session, summary_id)
        leave_index(session, summary_id, summary.indexed_seat)
        session.delete(summary)


def save_draft_in(session: Session, now: datetime, summary: Summary | None, piece: Piece, saving: Saving) -> Saved:
    """Store a draft, new or not, in the caller's transaction, which has looked whether it may."""
    if summary is None:
        summary = _new(session, now, piece, saving)
    else:
        _change(session, now, summary, piece, saving)
    forget_copy(session, saving.form_key, summary.id, saving.editor_id)
    return Saved(summary.id, summary.version)


def is_stale(summary: Summary, version: int, form_key: str) -> bool:
    """Whether somebody else has saved it since: a form's own words are never somebody else's, whatever it has heard."""
    return summary.version != version and not (form_key and summary.saved_from == form_key)


def _once(db: Database, act: Callable[[Session], T]) -> T:
    """Do it in a transaction. If the same form was just sent by another hand, its summary is there the second time."""
    try:
        with db.writing() as session:
            return act(session)
    except IntegrityError:
        with db.writing() as session:
            return act(session)


def _begun(work: Work, beginning: Beginning) -> Manuscript:
    first = next((source for source in beginning.sources if source.url.strip()), Source("", "", ""))
    title = one_line(beginning.title) or one_line(first.title) or host_of(first.url) or "A new summary"
    publication = one_line(beginning.publication) or one_line(first.publication) or host_of(first.url) or "Various"
    day = beginning.published_on or work.settings.schedule.local(work.now).date()
    return Manuscript(
        title[:LONGEST_TITLE], day.isoformat(), publication[:LONGEST_PUBLICATION], beginning.body,
        beginning.sources, beginning.topics,
    )  # fmt: skip


def _saved(
    session: Session, now: datetime, piece: Piece, summary_id: int | None, version: int, saving: Saving
) -> Saved | Conflict:
    summary = _meant(session, summary_id, saving.form_key)
    if summary is None:
        summary = _new(session, now, piece, saving)
    elif is_stale(summary, version, saving.form_key):
        if not (saving.form_key and says(summary, piece)):
            return Conflict(summary.version, summary.id)
    elif not (summary.version != version and says(summary, piece)):  # the same form again changes nothing
        _change(session, now, summary, piece, saving)
    forget_copy(session, saving.form_key, summary.id, saving.editor_id)
    return Saved(summary.id, summary.version)


def _meant(session: Session, summary_id: int | None, form_key: str) -> Summary | None:
    if summary_id is not None:
        return _existing(session, summary_id)
    there = summary_of_form(session, form_key) if form_key else None
    return _existing(session, there.id) if there else None


def _new(session: Session, now: datetime, piece: Piece, saving: Saving) -> Summary:
    summary = Summary(slug="", created_at=now, version=1, form_key=saving.form_key or None)
    _signed(summary, saving)
    write(session, now, summary, piece, BodyFormat.MARKDOWN)
    session.add(summary)
    session.flush()
    return summary


def _change(session: Session, now: datetime, summary: Summary, piece: Piece, saving: Saving) -> None:
    before = wording_of(summary)
    note_before(session, summary)
    write(session, now, summary, piece, summary.body_format)
    _signed(summary, saving)
    summary.version += 1
    session.flush()
    if summary.published_at and saving.correction:
        note_revision(session, summary, now, saving.who, RevisionKind.CORRECTION, saving.correction)
        audit.note_in(session, now, saving.who, Act.CORRECTED, f"“{summary.title}”: {one_line(saving.correction)}")
    elif summary.published_at and wording_of(summary) != before:
        note_revision(session, summary, now, saving.who, RevisionKind.SILENT)


def _signed(summary: Summary, saving: Saving) -> None:
    summary.saved_from, summary.saved_by = saving.form_key, saving.who


def _existing(session: Session, summary_id: int) -> Summary:
    summary = session.get(Summary, summary_id, with_for_update={"of": Summary})
    if summary is None:
        raise Refused("Somebody has deleted this draft. Copy your text and begin a new summary with it.")
    if session.get(Withdrawal, summary_id):
        raise Refused("This summary was withdrawn, and stays so. Copy your text and begin a new summary with it.")
    return summary


def _show(session: Session, now: datetime, summary: Summary, who: str) -> None:
    summary.slug = summary.slug or slugify(summary.title) or "summary"
    summary.published_at = now
    session.flush()
    note_revision(session, summary, now, who, RevisionKind.PUBLISHED)


def _placed(session: Session, summary: Summary, before: Issue | None) -> Published:
    carrier, closed = issue_carrying(session, summary.id), closed_meanwhile(session, summary, before)
    return Published(
        summary.id, summary.wanted, carrier.send_date if carrier else None, closed.send_date if closed else None
    )
