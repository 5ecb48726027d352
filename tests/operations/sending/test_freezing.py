"""Freezing: from a closed issue to batches, once, and only if there is something to send to somebody."""

from __future__ import annotations

from datetime import date

import pytest

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.running.sending_now import report
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_readers, make_summary
from tests.operations.sending.issues import ALICE, freeze_issue


def test_batches_are_of_equal_size(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 2500)
    issue_id = freeze_issue(db, settings)
    assert sorted(batch.size for batch in report(db, issue_id).batches) == [833, 833, 834]


def test_freezing_twice_freezes_once(db: Database, settings: Settings, frozen: int) -> None:
    assert freeze(Context(db, settings, TUESDAY), frozen, ALICE) is Freeze.NOT_CLOSED
    assert report(db, frozen).audience == 7


@pytest.mark.usefixtures("frozen")
def test_freezing_makes_sure_that_an_issue_lies_ahead(db: Database) -> None:
    with db.reading() as session:
        dates = [issue.send_date for issue in session.query(Issue).order_by(Issue.send_date)]
    assert dates == [date(2024, 5, 17), date(2024, 5, 24)]


def test_an_issue_without_readers_is_not_frozen(db: Database, settings: Settings) -> None:
    issue_id = make_issue(db, summary_ids=[make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), issue_id, ALICE)
    assert freeze(Context(db, settings, TUESDAY), issue_id, ALICE) is Freeze.NO_AUDIENCE


def test_an_empty_issue_is_not_closed(db: Database, settings: Settings) -> None:
    with pytest.raises(Refused, match="Nothing is selected"):
        close_issue(Context(db, settings, TUESDAY), make_issue(db), ALICE)
