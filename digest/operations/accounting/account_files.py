"""The account of a send as CSV, a row a reader: for spreadsheets, and to check that it adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.operations.shared.csv_cells import as_csv
from digest.storage.accounting.account_lines import AccountLine, Span, lines_in, span_of
from digest.storage.base.database import Database

COLUMNS = (
    "delivery", "address", "batch", "message_id", "outcome", "reason", "report", "reported_at", "report_reason",
)  # fmt: skip
_PART = 5_000


def account_as_csv(db: Database, issue_id: int) -> Iterator[str]:
    """The file in pieces: a header, then a row for each copy of the issue; constant memory, and short transactions,
    so that a slow download keeps no send waiting. Cells never begin like a formula.
    """
    yield "".join(as_csv([COLUMNS]))
    with db.reading() as session:
        span = span_of(session, issue_id)
    while span and span.first <= span.last:
        with db.reading() as session:
            lines = lines_in(session, issue_id, span, _PART)
        if not lines:
            return
        yield "".join(as_csv(_cells(line) for line in lines))
        span = Span(lines[-1].delivery_id + 1, span.last)


def _cells(line: AccountLine) -> tuple[str, ...]:
    told = (line.message_id, line.outcome, line.reason, line.fate, _iso(line.fate_at), line.fate_reason)
    return tuple(str(cell or "") for cell in (line.delivery_id, line.address, line.batch_id, *told))


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
