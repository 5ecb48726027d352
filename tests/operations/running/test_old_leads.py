"""Leads whose time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from digest.config import Settings
from digest.domain.sources.states import LeadState
from digest.feeds.base.entries import Entry
from digest.operations.running.housekeeping import tidy_up
from digest.operations.shared.context import Context
from digest.operations.sources.arriving import Candidate, arrive
from digest.storage.base.database import Database
from digest.storage.sources.leads import Lead
from tests.conftest import TUESDAY

DAY = timedelta(days=1)


def states(db: Database) -> dict[str, str]:
    with db.reading() as session:
        return dict(session.execute(select(Lead.title, Lead.state).order_by(Lead.id)).all())


def test_untouched_leads_retire_and_unused_ones_are_forgotten_and_never_come_again(
    db: Database, settings: Settings
) -> None:
    entries = [Entry(title, f"https://news.example/{title}", title) for title in ("new", "kept", "used")]
    with db.writing() as session:
        arrive(Context(db, settings, TUESDAY).within(session), [Candidate(entry) for entry in entries])
        for title, state in (("kept", LeadState.KEPT), ("used", LeadState.USED)):
            lead = session.execute(select(Lead).where(Lead.title == title)).scalar_one()
            lead.state, lead.touched_at = state, TUESDAY + 10 * DAY
    tidy_up(db, TUESDAY + 14 * DAY)
    assert states(db) == {"new": "new", "kept": "kept", "used": "used"}
    tidy_up(db, TUESDAY + 15 * DAY)
    assert states(db) == {"new": "retired", "kept": "kept", "used": "used"}
    tidy_up(db, TUESDAY + 95 * DAY)
    assert states(db) == {"kept": "kept", "used": "used"}
    tidy_up(db, TUESDAY + 95 * DAY, timedelta(days=30))
    assert states(db) == {"used": "used"}


def test_a_lead_snoozed_to_a_later_day_is_there_on_that_day(db: Database, settings: Settings) -> None:
    with db.writing() as session:
        arrive(
            Context(db, settings, TUESDAY).within(session), [Candidate(Entry("1", "https://news.example/1", "late"))]
        )
        lead = session.execute(select(Lead)).scalar_one()
        lead.state, lead.touched_at, lead.snoozed_until = LeadState.SNOOZED, TUESDAY, (TUESDAY + 200 * DAY).date()
    tidy_up(db, TUESDAY + 150 * DAY)
    assert states(db) == {"late": "snoozed"}
    tidy_up(db, TUESDAY + 400 * DAY)
    assert states(db) == {}
