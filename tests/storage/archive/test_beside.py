"""What every summary's page asks of the whole archive is found by look-ups, however large that is."""

from __future__ import annotations

import pytest

from digest.storage.archive.beside import last_gone, lines_beside
from digest.storage.base.database import Database
from digest.storage.writing.summaries import summary_by_id
from tests.factories import make_summary
from tests.storage.accounting.test_reader_copies import plans_of


@pytest.mark.only_on("sqlite")
def test_no_page_reads_all_revisions_or_all_of_a_day(db: Database) -> None:
    assert "SEARCH revisions USING INDEX ix_revisions_taken_back" in plans_of(db, last_gone)
    with db.reading() as session:
        summary = summary_by_id(session, make_summary(db))
        assert summary
    plans = [step for step in plans_of(db, lambda session: lines_beside(session, summary)) if " summaries" in step]
    place = "SEARCH summaries USING INDEX ix_summaries_in_order (published_on{})"
    assert plans == [place.format(how) for how in ("=? AND id<?", "=? AND id>?", "<?", ">?")]
