"""The current issue's links are looked at politely: one of a host at a time, once a day, outside every transaction."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from digest.config import Settings
from digest.domain.issues.links import LinkFinding
from digest.mail.transports import open_transport
from digest.operations.issues.composing import compose_now
from digest.operations.issues.link_checking import check_current_links
from digest.operations.shared.context import Process
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary

A, B, C = "https://one.example/a", "https://one.example/b", "https://two.example/c"


class Web:
    """What answers; it looks whether anybody holds the database meanwhile."""

    def __init__(self, db: Database) -> None:
        self.asked: list[str] = []
        self._db = db

    def __call__(self, url: str) -> LinkFinding:
        with self._db.at_once().writing() as session:  # Busy, if a transaction were open
            assert current_issue(session)
        self.asked.append(url)
        return LinkFinding("dead", "Nothing is there (404).") if url == B else LinkFinding("ok")


@pytest.fixture
def process(db: Database, settings: Settings) -> Process:
    """A clock on Tuesday, before an issue that leads to two hosts, once to our own site."""
    body = f"See [it]({B}) and [ours]({settings.site_url}/news)."
    make_issue(db, date(2024, 5, 17), [make_summary(db, body=body, sources=((A, "A", "One"), (C, "C", "Two")))])
    return Process(db, settings, open_transport(settings), lambda: TUESDAY)


def later(process: Process, by: timedelta) -> Process:
    return Process(process.db, process.settings, process.transport, lambda: TUESDAY + by)


def test_each_address_once_a_day_and_one_of_a_host_at_a_time(process: Process) -> None:
    web = Web(process.db)
    assert check_current_links(process, web) == 2
    assert web.asked == [A, C]
    assert check_current_links(process, web) == 1
    assert web.asked == [A, C, B]
    assert check_current_links(later(process, timedelta(hours=23)), web) == 0
    check_current_links(later(process, timedelta(hours=25)), web)
    assert web.asked[3:] == [A, C]


def test_what_was_found_stands_in_preflight(process: Process) -> None:
    web = Web(process.db)
    check_current_links(process, web)
    check_current_links(process, web)
    with process.db.reading() as session:
        issue = current_issue(session)
        assert issue
        faults = [str(fault) for fault in compose_now(session, process.settings, issue).faults]
    assert f"Item 1: {B} is dead. Nothing is there (404)." in faults
