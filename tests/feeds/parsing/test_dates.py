"""Dates as publishers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.feeds.base.dates import read_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 05 Mar 2024 14:30:00 GMT", "2024-03-05T14:30:00"),
        ("Sun, 5 Mar 2024 14:30 GMT", "2024-03-05T14:30:00"),  # it was a Tuesday
        ("Tue, 05 Mar 24 14:30:00 EST", "2024-03-05T19:30:00"),
        ("Tue, 05 Mar 98 14:30:00 -0000", "1998-03-05T14:30:00"),
        ("Tue, 05 Mar 2024 14:30:00 XYZT", "2024-03-05T14:30:00"),
        ("Tue, 05 Mar 2024 14:30:00 -700", "2024-03-05T21:30:00"),
        ("Tue, 05 Mar 2024 24:00:00 GMT", "2024-03-06T00:00:00"),
        ("Tue, 05 Mar 2024 25:61:00 GMT", "2024-03-05T00:00:00"),
        ("Tue Mar  5 14:30:00 2024", "2024-03-05T14:30:00"),
        ("Tue Mar 05 2024 14:30:00 GMT+0100 (Central European Time)", "2024-03-05T13:30:00"),
        ("March 5, 2024 3:15 PM EST", "2024-03-05T20:15:00"),
        ("2024-03-05T14:30:00.123+01:00", "2024-03-05T13:30:00"),
        ("2024-03-05T14:30:00+0100", "2024-03-05T13:30:00"),
        ("2024-03-05 14:30:00 CET", "2024-03-05T13:30:00"),
        ("20240305T143000Z", "2024-03-05T14:30:00"),
        ("20240305143000", "2024-03-05T14:30:00"),
        ("2024-065", "2024-03-05T00:00:00"),
        ("1709649000", "2024-03-05T14:30:00"),
        ("1709649000000", "2024-03-05T14:30:00"),
        ("05/03/2024", "2024-03-05T00:00:00"),
        ("03/25/2024", "2024-03-25T00:00:00"),
        ("5.3.2024 14:30", "2024-03-05T14:30:00"),
        ("Ter, 5 Fev 2024 14:30:00 -0300", "2024-02-05T17:30:00"),
        ("Mar, 5 Mag 2024 14:30:00 +0200", "2024-05-05T12:30:00"),  # not the fifth of March: Tuesday
        ("1er août 2024", "2024-08-01T00:00:00"),
        ("Di, 05 Mär 2024 14:30:00 MEZ", "2024-03-05T13:30:00"),
        ("Mié, 5 de diciembre de 2024", "2024-12-05T00:00:00"),
        ("Τρι, 11 Ιούλ 2024 14:30:00", "2024-07-11T14:30:00"),
        ("2024年3月5日", "2024-03-05T00:00:00"),
    ],
)
def test_a_date_is_read(text: str, moment: str) -> None:
    assert read_date(text) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "31 Feb 2024", "0000-00-00T00:00:00Z", "since 2024", "1 Mars", "9" * 300]
)
def test_what_names_no_day_is_no_date(text: str) -> None:
    assert read_date(text) is None


def test_who_writes_the_month_first_is_believed() -> None:
    assert read_date("03/04/2024", day_first=False) == datetime(2024, 3, 4, tzinfo=UTC)


@given(st.text(max_size=60) | st.text("0123456789:-+/. TZamp", max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    moment = read_date(text)
    assert moment is None or moment.tzinfo is UTC
