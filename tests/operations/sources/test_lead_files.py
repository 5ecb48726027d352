"""Leads in files: whose they are, and what waits today."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.operations.sources.lead_files import import_leads, list_leads
from digest.operations.writing import naming
from digest.storage.base.database import Database
from digest.storage.sources.leads import put_leads
from digest.storage.writing.names import PUBLICATIONS
from digest.storage.writing.publications import publication_named
from tests.conftest import TUESDAY
from tests.factories import make_lead


def test_a_publication_is_found_by_whatever_name_of_its(db: Database, settings: Settings) -> None:
    context = Context(db, settings, TUESDAY)
    with db.writing() as session:
        cnil = publication_named(session, "CNIL").id
    naming.also_call(context, PUBLICATIONS, cnil, "Commission nationale")
    names = ("COMMISSION NATIONALE", "c.n.i.l.", "Nobody’s")
    lines = [json.dumps({"title": f"Headline {number}", "publication": name}) for number, name in enumerate(names)]
    assert import_leads(context, lines).added == 3
    assert {lead.title: lead.publication for lead in list_leads(context)} == {
        "Headline 0": "CNIL", "Headline 1": "CNIL", "Headline 2": "Nobody’s",
    }  # fmt: skip


def test_what_is_snoozed_waits_again_on_its_day_in_the_digests_time(db: Database, settings: Settings) -> None:
    lead = make_lead(db)
    with db.writing() as session:
        put_leads(session, [lead], state="snoozed", snoozed_until=date(2024, 5, 15))
    before, after = (datetime(2024, 5, 14, hour, 30, tzinfo=UTC) for hour in (22, 23))  # London’s midnight is at 23:00
    waiting = [[each.id for each in list_leads(Context(db, settings, at))] for at in (before, after)]
    assert waiting == [[], [lead]]
