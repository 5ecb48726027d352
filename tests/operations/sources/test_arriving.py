"""One entry is one lead, whoever brings it and however often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from digest.config import Settings
from digest.domain.sources.states import LeadState, RuleKind, SourceKind
from digest.feeds.base.entries import Entry
from digest.operations.shared.context import Context
from digest.operations.sources.arriving import Arrivals, Candidate, arrive, as_of_source
from digest.storage.base.database import Database
from digest.storage.sources.leads import Lead
from digest.storage.sources.rules import SourceRule
from digest.storage.sources.sources import WatchedSource
from digest.storage.writing.publications import publication_named

NOW = datetime(2024, 5, 14, 9, 0, tzinfo=UTC)
FINE = Entry("tag:1", "https://www.example.org/fine?utm_source=rss", "A fine for Acme", "Two million.", NOW)


def watch(db: Database, url: str = "https://example.org/feed") -> int:
    with db.writing() as session:
        publication = publication_named(session, "Example Gazette")
        source = WatchedSource(
            kind=SourceKind.FEED, publication_id=publication.id, url=url, fetch_url=url, added_at=NOW
        )
        session.add(source)
        session.flush()
        return source.id


class Desk:
    """Brings entries to an installation."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.context = Context(db, settings, NOW + timedelta(hours=1))

    def bring(self, entries: Sequence[Entry], source_id: int | None = None, since: datetime | None = None) -> Arrivals:
        with self.context.db.writing() as session:
            source = session.get(WatchedSource, source_id) if source_id else None
            candidates = as_of_source(source, entries) if source else [Candidate(entry) for entry in entries]
            return arrive(self.context.within(session), candidates, source_id, since)

    def leads(self) -> list[Lead]:
        with self.context.db.reading() as session:
            return list(session.execute(select(Lead).order_by(Lead.id)).scalars())


@pytest.fixture
def desk(db: Database, settings: Settings) -> Desk:
    return Desk(db, settings)


@pytest.mark.parametrize(
    "again",
    [
        FINE,
        replace(FINE, guid="tag:changed", url="http://example.org/fine/"),
        replace(FINE, title="A fine of two million for Acme", url="https://example.org/fine-of-two-million"),
        replace(FINE, guid="", url="https://m.example.org/fine/amp?fbclid=1#comments"),
    ],
)
def test_an_entry_that_comes_again_is_the_same_lead_in_its_state(desk: Desk, db: Database, again: Entry) -> None:
    source = watch(db)
    assert desk.bring([FINE], source).new == 1
    with db.writing() as session:
        session.get_one(Lead, 1).state = LeadState.DISMISSED
    assert desk.bring([again], source).known == 1
    [lead] = desk.leads()
    assert (lead.title, lead.state) == (again.title, LeadState.DISMISSED)
    assert desk.bring([again], source).known == 1


@pytest.mark.parametrize("same", [{"guid": "one"}, {"guid": "one", "url": "https://example.org/all"}])
def test_a_feed_that_gives_all_its_entries_one_guid_brings_all_of_them(
    desk: Desk, db: Database, same: dict[str, Any]
) -> None:
    source = watch(db)
    entries = [
        replace(Entry("", f"https://example.org/{n}", f"Piece {n}", "", NOW - timedelta(days=n)), **same)
        for n in range(5)
    ]
    assert desk.bring(entries[:1], source).new == 1
    assert desk.bring(entries[:4], source).new == 3
    assert desk.bring(entries[4:], source).new == 1
    assert desk.bring(entries, source).known == 5


def test_two_sources_a_paste_and_a_file_end_on_one_lead(desk: Desk, db: Database) -> None:
    first, second = watch(db), watch(db, "https://example.org/other")
    desk.bring([replace(FINE, guid="")])
    desk.bring([FINE], first)
    desk.bring([replace(FINE, guid="of the other", title="Acme, as others call it")], second)
    [lead] = desk.leads()
    assert (lead.source_id, lead.title) == (first, "A fine for Acme")


def test_history_is_remembered_and_no_lead(desk: Desk, db: Database) -> None:
    source = watch(db)
    old = replace(FINE, guid="old", url="https://example.org/old", published_at=NOW - timedelta(days=20))
    brought = desk.bring([FINE, old], source, since=NOW - timedelta(days=14))
    assert (brought.new, brought.history, brought.lead_ids) == (1, 1, (1, None))
    assert desk.bring([FINE, old], source).new == 0
    assert desk.bring([old]).new == 1, "an editor may paste it"


def test_what_was_deleted_does_not_come_again(desk: Desk, db: Database) -> None:
    source = watch(db)
    desk.bring([FINE], source)
    with db.writing() as session:
        session.delete(session.get_one(Lead, 1))
    assert desk.bring([FINE], source).new == 0


def test_rules_keep_leads_out_and_are_named(desk: Desk, db: Database) -> None:
    source = watch(db)
    with db.writing() as session:
        session.add(SourceRule(source_id=source, kind=RuleKind.KEEP_OUT, words="“fine for” sport", made_at=NOW))
    assert desk.bring([FINE, Entry("2", "", "Fine weather, for once")], source).muted == 1
    muted, let_in = desk.leads()
    assert (muted.state, muted.rule_id) == (LeadState.MUTED, 1)
    assert (let_in.state, let_in.published_at) == (LeadState.NEW, desk.context.now)


def test_what_is_dated_in_the_future_is_of_today(desk: Desk) -> None:
    desk.bring([replace(FINE, published_at=NOW + timedelta(days=900))])
    assert desk.leads()[0].published_at == desk.context.now
