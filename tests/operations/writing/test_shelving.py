"""An import writes a little at a time; what it has written when it ends is whole."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from digest.config import Settings
from digest.operations.shared.context import Context
from digest.operations.writing import shelving
from digest.operations.writing.reading_lines import LineReader
from digest.operations.writing.summary_files import CutShort, Importing, import_summaries
from digest.storage.base.database import Database
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import Summary
from tests.conftest import TUESDAY


def ends(importing: Importing) -> None:
    """The import ends after its first transaction."""
    if importing.written:
        raise OSError("no room")


@pytest.mark.on_both
def test_an_import_cut_short_leaves_no_publication_without_a_summary(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelving, "HELD", 0.0)  # the first transaction takes in less than was read
    names = [f"Authority {number}" for number in range(120)]
    lines = [json.dumps({"title": name, "date": "2024-05-13", "publication": name, "body": "It is."}) for name in names]
    with LineReader(lines) as read, pytest.raises(CutShort):
        import_summaries(Context(db, settings, TUESDAY), read, tell=ends)
    with db.reading() as session:
        published, publications = (
            session.execute(select(func.count()).select_from(table)).scalar_one() for table in (Summary, Publication)
        )
    assert 0 < published == publications < len(names)
