"""Saving, publishing and taking back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from digest.config import Settings
from digest.domain.issues.edition import Source
from digest.domain.issues.manuscript import LONGEST_BODY, Manuscript, Piece, read
from digest.operations.issues.closing import close_issue
from digest.operations.shared.context import Context, Work
from digest.operations.shared.refusal import Refused
from digest.operations.writing import editing
from digest.operations.writing.editing import Beginning, Conflict, Published, Saved
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, current_issue
from digest.storage.issues.selections import selected_summaries
from digest.storage.writing.summaries import summary_by_id
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary

PIECE = Piece(
    title="Court annuls a fine",
    published_on=date(2024, 5, 13),
    publication="Euractiv",
    body="Some *words*.",
    sources=(Source("https://example.org/story", "The story", "Euractiv"),),
    topics=("Enforcement",),
)
GOOD = Manuscript("Court annuls a fine", "2024-05-13", "Euractiv", "Words.", (Source("https://example.org/", "", ""),))


def _publish(db: Database, settings: Settings, on_issue: bool = True) -> Published:
    done = editing.publish(Context(db, settings, TUESDAY), PIECE, on_issue=on_issue)
    assert isinstance(done, Published)
    return done


def test_without_any_issue_publishing_makes_the_next_one(db: Database, settings: Settings) -> None:
    done = _publish(db, settings)
    assert done.issue_date == date(2024, 5, 17)
    with db.reading() as session:
        issue = current_issue(session)
        assert issue is not None
        assert [each.id for each in selected_summaries(session, issue.id)] == [done.summary_id]


def test_later_open_issue_takes_it_while_the_current_one_is_closed(db: Database, settings: Settings) -> None:
    close_issue(Context(db, settings, TUESDAY), make_issue(db, summary_ids=[make_summary(db)]), "ada")
    make_issue(db, date(2024, 5, 24))
    done = _publish(db, settings)
    assert (done.issue_date, done.closed_date, done.wanted) == (date(2024, 5, 24), date(2024, 5, 17), False)


def test_draft_is_started_from_what_a_lead_knows(db: Database, settings: Settings) -> None:
    beginning = Beginning(sources=(Source("https://www.cnil.fr/a", "Fine for a school", ""),), topics=("Children",))
    with db.writing() as session:
        begun = editing.start_draft(Work(session, settings, TUESDAY), beginning)
        assert isinstance(begun, int)
    with db.reading() as session:
        draft = summary_by_id(session, begun)
        assert draft is not None and draft.published_at is None
        assert (draft.title, draft.publication.name, draft.published_on) == (
            "Fine for a school",
            "cnil.fr",
            TUESDAY.date(),
        )
    unsafe = Beginning("A", sources=(Source("javascript:alert(1)", "", ""),))
    with pytest.raises(Refused, match="javascript"), db.writing() as session:
        editing.start_draft(Work(session, settings, TUESDAY), unsafe)


def test_stale_version_writes_nothing(db: Database) -> None:
    saved = editing.save(db, TUESDAY, PIECE)
    assert isinstance(saved, Saved)
    editing.save(db, TUESDAY, PIECE, saved.summary_id, 1)
    assert editing.save(db, TUESDAY, PIECE, saved.summary_id, 1) == Conflict(2)


def test_publishing_a_stale_version_publishes_nothing(db: Database, settings: Settings) -> None:
    saved = editing.save(db, TUESDAY, PIECE)
    assert isinstance(saved, Saved)
    assert editing.publish(Context(db, settings, TUESDAY), PIECE, saved.summary_id, version=7) == Conflict(1)
    with db.reading() as session:
        summary = summary_by_id(session, saved.summary_id)
        assert summary is not None and summary.published_at is None


def test_taking_back_is_refused_once_the_issue_is_closed_or_went(db: Database, settings: Settings) -> None:
    done = _publish(db, settings)
    with db.reading() as session:
        issue = current_issue(session)
        assert issue is not None
    close_issue(Context(db, settings, TUESDAY), issue.id, "ada")
    with pytest.raises(Refused, match="Reopen the issue"):
        editing.take_back(db, TUESDAY, done.summary_id)
    with db.writing() as session:
        session.get_one(Issue, issue.id).state = "sent"
    with pytest.raises(Refused, match="Correct the text"):
        editing.take_back(db, TUESDAY, done.summary_id)


def test_taken_back_and_published_again_it_keeps_its_slug(db: Database, settings: Settings) -> None:
    done = _publish(db, settings)
    editing.take_back(db, TUESDAY, done.summary_id)
    later = TUESDAY + timedelta(hours=1)
    changed = Piece("Another headline", *list(vars(PIECE).values())[1:])
    editing.publish(Context(db, settings, later), changed, done.summary_id, version=2)
    with db.reading() as session:
        summary = summary_by_id(session, done.summary_id)
        assert summary is not None
        assert (summary.slug, summary.title) == ("court-annuls-a-fine", "Another headline")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("title", {"title": " \r\n "}),
        ("title", {"title": "x" * 301}),
        ("date", {"date": "20240513"}),
        ("date", {"date": "2024-02-30"}),
        ("publication", {"publication": ""}),
        ("publication", {"publication": "x" * 201}),
        ("body", {"body": "x" * (LONGEST_BODY + 1)}),
        ("topics", {"topics": ("!!!",)}),
        ("topics", {"topics": ("x" * 101,)}),
        ("source-0", {"sources": (Source("javascript:alert(1)", "", ""),)}),
        ("source-0", {"sources": (Source("", "A title without address", ""),)}),
        ("source-1", {"sources": (Source("https://example.org/", "", ""), Source("example.org", "", ""))}),
    ],
)
def test_fault_names_its_field(field: str, changes: dict[str, object]) -> None:
    found = read(Manuscript(**(vars(GOOD) | changes)))
    assert isinstance(found, dict)
    assert list(found) == [field]


def test_several_sources_are_told_apart_by_their_hosts() -> None:
    rows = (
        Source("https://www.example.org/a", "", ""),
        Source(" ", "", ""),
        Source("https://example.net/b", "", "AEPD"),
    )
    found = read(Manuscript(**(vars(GOOD) | {"sources": rows})))
    assert isinstance(found, Piece)
    assert [source.publication for source in found.sources] == ["example.org", "AEPD"]
