"""Leads about one event are one story; what an editor said of them stays so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.config import Settings
from digest.feeds.base.entries import Entry
from digest.operations.archive.indexing import index_summaries
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.operations.sources.arriving import Candidate, arrive
from digest.operations.sources.grouping import group_leads
from digest.operations.sources.joining import join, split
from digest.operations.sources.lead_files import list_leads
from digest.storage.base.database import Database
from digest.storage.people.editors import Editor
from digest.storage.sources.listed_leads import ListedLead
from digest.storage.writing.summaries import Summary
from tests.factories import make_summary

NOW = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)
HARBOUR = "Harbour authority closes Westport bridge after crack is found"
AGAIN = "Crack found: Westport bridge closed by harbour authority"
THIRD = "Westport bridge closed, harbour authority finds crack in it"
COURT = "Judge dismisses lawsuit over school lunch prices"


class Desk:
    """Brings headlines, one an hour, and tells their stories."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.context = Context(db, settings, NOW)
        with db.writing() as session:
            editor = Editor(email="eve@digest.test", name="Eve", created_at=NOW)
            session.add(editor)
            session.flush()
            self.editor = editor.id
        self.brought = 0

    def bring(self, *titles: str, days: int = 0) -> None:
        for title in titles:
            self.brought += 1
            at = NOW - timedelta(days=20 - days) + timedelta(hours=self.brought)
            entry = Entry(str(self.brought), f"https://example.org/{self.brought}", title, "", at)
            with self.context.db.writing() as session:
                arrive(self.context.within(session), [Candidate(entry)])

    def leads(self) -> dict[int, ListedLead]:
        group_leads(self.context)
        return {lead.id: lead for lead in list_leads(self.context, everything=True)}

    def stories(self) -> list[int | None]:
        leads = self.leads()
        return [leads[key].story for key in sorted(leads)]


@pytest.fixture
def desk(db: Database, settings: Settings) -> Desk:
    return Desk(db, settings)


def test_leads_join_the_story_that_is_there_whenever_they_come(desk: Desk) -> None:
    desk.bring(HARBOUR, COURT)
    assert desk.stories() == [1, 2]
    desk.bring(AGAIN)
    assert desk.stories() == [1, 2, 1]
    desk.bring(THIRD, days=9)
    assert desk.stories() == [1, 2, 1, 3], "what is days apart is not compared"


def test_a_lead_that_waits_says_what_was_written_since_and_no_longer_what_it_said_before(desk: Desk) -> None:
    make_summary(desk.context.db, "Football club wins cup final")
    desk.bring(HARBOUR, COURT)
    assert desk.leads()[1].resembles == ()
    since = make_summary(desk.context.db, "Harbour authority closes bridge", body="A crack was found at Westport.")
    assert [key for key, _ in desk.leads()[1].resembles] == [since]
    assert desk.leads()[2].resembles == ()
    with desk.context.db.writing() as session:
        summary = session.get_one(Summary, since)
        summary.title, summary.body_html, summary.version = "Elections postponed", "<p>Ballots.</p>", 2
    assert desk.leads()[1].resembles == ()


def test_what_an_editor_split_stays_apart_and_beside_it(desk: Desk) -> None:
    desk.bring(HARBOUR, AGAIN, COURT)
    assert desk.stories() == [1, 1, 2]
    assert split(desk.context, desk.editor, [2]) == 3
    assert desk.leads()[2].near == (1,)
    desk.bring(THIRD)
    first, second, _, third = desk.stories()
    assert first != second
    assert third in (first, second)


def test_what_an_editor_joined_stays_one(desk: Desk) -> None:
    desk.bring(HARBOUR, COURT)
    desk.stories()
    assert join(desk.context, desk.editor, [1, 2]) == 1
    desk.bring(AGAIN)
    assert desk.stories()[:2] == [1, 1]
    with pytest.raises(Refused):
        join(desk.context, desk.editor, [1, 999])


def test_a_lead_names_the_summaries_that_it_resembles_and_the_one_that_links_it(desk: Desk, db: Database) -> None:
    make_summary(db, "Another matter of tax law", sources=[("https://example.org/other", "", "")])
    there = make_summary(
        db, "Westport bridge is closed after a crack", sources=[("http://www.example.org/1/?utm_source=x", "", "")]
    )
    desk.bring(HARBOUR, COURT)
    leads = desk.leads()
    assert [key for key, _ in leads[1].resembles] == [there]
    assert (leads[1].linked_in, leads[2].linked_in) == (there, None)


def test_a_summary_that_is_saved_after_a_lead_came_is_found_too(desk: Desk, db: Database) -> None:
    desk.bring(HARBOUR)
    assert desk.leads()[1].linked_in is None
    later = make_summary(db, "The bridge", sources=[("https://example.org/1#top", "", "")])
    assert index_summaries(db) == 1
    assert index_summaries(db) == 0
    assert desk.leads()[1].linked_in == later
    with db.writing() as session:
        session.get_one(Summary, later).version += 1
    assert index_summaries(db) == 1
