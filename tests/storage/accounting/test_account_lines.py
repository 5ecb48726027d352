"""An account's lines are read from where the last ones ended, however many copies there are."""

from __future__ import annotations

from datetime import date

import pytest

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context
from digest.storage.accounting.account_lines import Span, lines_in, span_of
from digest.storage.base.database import Database
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_readers, make_summary
from tests.storage.accounting.test_reader_copies import plans_of
from tests.unsettled import ALICE, freeze_issue


@pytest.mark.only_on("sqlite")
def test_no_piece_reads_or_sorts_all_copies_of_the_issue(db: Database) -> None:
    plan = plans_of(db, lambda session: lines_in(session, 1, Span(5_001, 20_000), 5_000))
    assert "SEARCH deliveries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plan
    assert not [step for step in plan if "ORDER BY" in step]


def test_every_copy_of_the_issue_comes_once_and_none_of_another(db: Database, settings: Settings) -> None:
    make_readers(db, settings, 7)
    first = freeze_issue(db, settings, batch_size=3)
    second = make_issue(db, date(2024, 6, 7), [make_summary(db)])
    close_issue(Context(db, settings, TUESDAY), second, ALICE)
    freeze(Context(db, settings, TUESDAY), second, ALICE)
    with db.reading() as session:
        assert [span_of(session, issue_id) for issue_id in (first, second)] == [Span(1, 7), Span(8, 14)]
        assert span_of(session, 4711) is None
        everything = Span(1, 14)
        assert [line.delivery_id for line in lines_in(session, first, everything, 100)] == list(range(1, 8))
        assert [line.delivery_id for line in lines_in(session, second, everything, 3)] == [8, 9, 10]
