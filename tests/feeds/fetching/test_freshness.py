"""How long an answer stays good, and not before when to ask again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from digest.feeds.fetching.freshness import fresh_for, retry_after
from tests.feeds.internet import NOW

DATE = "Mon, 02 Mar 2026 09:00:00 GMT"
LATER = "Mon, 02 Mar 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("control", "expires", "seconds"),
    [
        ("max-age=600", "", 600), ("public,MAX-AGE=\"60\"", "", 60), ("s-maxage=900", "", 0),
        ("max-age=600", LATER, 600),
        ("", LATER, 3600), ("", "Mon, 02 Mar 2026 08:00:00 GMT", 0), ("", "0", 0), ("", "-1", 0), ("", "soon", 0),
        ("no-cache, max-age=600", "", 0), ("max-age=600, no-store", "", 0), ("max-age=-5", "", 0),
        ("max-age=abc", "", 0), ("", "", 0),
        ("max-age=" + "9" * 400, "", 365 * 86_400), ("", "Fri, 31 Dec 9999 23:59:59 GMT", 365 * 86_400),
    ],
)  # fmt: skip
def test_an_answer_stays_good_as_its_head_says(control: str, expires: str, seconds: int) -> None:
    assert fresh_for(control, expires, DATE, NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("120", NOW + timedelta(seconds=120)), (" 0 ", NOW),
        ("Mon, 02 Mar 2026 10:30:00 GMT", NOW + timedelta(minutes=90)),
        ("Monday, 02-Mar-26 10:30:00 GMT", NOW + timedelta(minutes=90)),
        ("Mon, 02 Mar 2026 08:00:00 GMT", NOW),
        ("", None), ("-5", None), ("1.5", None), ("²", None), ("in a while", None),
        ("9" * 50, NOW + timedelta(days=365)),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str, moment: datetime | None) -> None:
    assert retry_after(value, NOW) == moment
