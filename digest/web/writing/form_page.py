"""The page with a summary's form: what stands around the words, and what others have written meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import render_template

from digest.domain.issues.calendar import day_and_year
from digest.domain.issues.lifecycle import FROZEN, IssueState
from digest.domain.issues.manuscript import Faults
from digest.domain.writing.differences import Stretch, differences
from digest.operations.shared.links import summary_path
from digest.operations.writing.meaning import Meant
from digest.storage.issues.issues import Issue, current_issue, first_open_issue
from digest.storage.issues.selections import issue_carrying
from digest.storage.people.editors import editor_with_email
from digest.storage.writing.publications import publication_names
from digest.storage.writing.revisions import corrections_of
from digest.storage.writing.summaries import Summary
from digest.storage.writing.supersedings import superseding_of
from digest.storage.writing.topics import all_topics
from digest.storage.writing.working_copies import WorkingCopy, copies_beside
from digest.web.shared.context import reading, signed_in
from digest.web.writing.comparing import difference, lines_of
from digest.web.writing.summary_form import SummaryForm, form_of, form_of_copy, preview_of


@dataclass(frozen=True)
class Around:
    """What the page says beside the form. `theirs` has been saved since the form began, `copy` is in the form."""

    faults: Faults = field(default_factory=dict)
    theirs: Summary | None = None
    copy: WorkingCopy | None = None
    unsaved: bool = False
    new_name: Meant | None = None
    act: str = ""


def form_page(there: Summary | None, form: SummaryForm, around: Around | None = None) -> str:
    """The page; `there` is the stored summary, None for a new one."""
    session, around = reading(), around or Around()
    topics = all_topics(session)
    carrier = issue_carrying(session, there.id) if there else None
    return render_template(
        "writing/summary.html",
        summary=there,
        form=form,
        typed=form.manuscript,
        around=around,
        errors=_summed_up(around.faults),
        rows=form.rows(around.faults),
        publications=publication_names(session),
        topics=_ticked_first([topic.name for topic in topics], form.manuscript.topics),
        new_topics=form.new_topics(topics),
        carrier=carrier,
        was_mailed=carrier is not None and carrier.state in FROZEN,
        target=_day_of(first_open_issue(session)),
        closed=_closed(current_issue(session)),
        archive_path=_archive_path(there),
        saved_by=name_of(around.theirs.saved_by) if around.theirs else "",
        lines=difference(around.theirs, form) if around.theirs else "",
        words=_words(around.theirs, form),
        others=_other_copies(there),
        corrections=corrections_of(session, [there.id]).get(there.id, []) if there else [],
        superseding=superseding_of(session, there.id) if there else None,
        preview=preview_of(form),
    )


def name_of(email: str) -> str:
    """An editor as people call them; the address where nobody has that one any more, "" for nobody."""
    editor = editor_with_email(reading(), email) if email else None
    return editor.name or editor.email if editor else email


def _ticked_first(names: list[str], ticked: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(names, key=lambda name: name not in ticked)]


def _words(theirs: Summary | None, form: SummaryForm) -> tuple[Stretch, ...]:
    return differences(lines_of(form_of(theirs)), lines_of(form)) if theirs else ()


def _other_copies(there: Summary | None) -> list[tuple[WorkingCopy, tuple[Stretch, ...]]]:
    """What the other editors have typed for this summary and not saved, with what differs from what is saved."""
    if there is None:
        return []
    saved = lines_of(form_of(there))
    return [
        (copy, differences(saved, lines_of(form_of_copy(copy, ""))))
        for copy in copies_beside(reading(), there.id)
        if copy.editor_id != signed_in().id
    ]


def _summed_up(faults: Faults) -> Faults:
    """The faults by the form's fields; those of single sources under the list of sources."""
    rows = [f"Source {int(key[7:]) + 1}: {fault}" for key, fault in faults.items() if key.startswith("source-")]
    others = {key: fault for key, fault in faults.items() if not key.startswith("source-")}
    return others | ({"sources": " ".join(rows)} if rows else {})


def _day_of(issue: Issue | None) -> str:
    return day_and_year(issue.send_date) if issue else ""


def _closed(issue: Issue | None) -> str:
    return _day_of(issue) if issue and issue.state == IssueState.CLOSED else ""


def _archive_path(there: Summary | None) -> str:
    return summary_path(there.publication.slug, there.slug, there.id) if there and there.published_at else ""
