"""Dates as other programs write them: read in one way or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.operations.shared.csv_dates import moment


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-15T08:00:00Z",
        "2024-05-15 08:00:00",
        "2024-05-15 08:00:00 UTC",
        "2024-05-15 10:00:00 +0200",
        "2024-05-15T10:00:00.000+02:00",
        "2024/05/15 08:00",
        "15.05.2024 08:00",
        "05/15/2024 08:00",
        "15/05/2024 08:00:00",
        "May 15, 2024 08:00 AM",
        "15 May 2024 08:00",
        "1715760000",
        "1715760000000",
    ],
)
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert moment("at", text) == datetime(2024, 5, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["05/06/2024", "12/05/2024", "05/12/2024", "5-6-2024", "8/6/08 10:20", "yesterday", "31.02.2024", "99999999999"],
)
def test_a_date_that_can_be_read_in_two_ways_or_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="use a date like 2024-05-15"):
        moment("at", text)
