"""An issue needs four items and has three: its page says that it is skipped unless that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_summary
from tests.web.browser import Browser
from tests.web.issues.test_issue import a_clock_ticks, go_on
from tests.web.issues.week import FRIDAY, PAGE, press

FEW = "It has 3 items, and an issue needs 4"
AT = "Friday 17 May 2024, 08:00 Europe/London"


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"DIGEST_MINIMUM_ITEMS": "4"}


@pytest.fixture
def alice(alice: Browser) -> FlaskClient:
    """Alice, signed in; her browser itself."""
    return alice.client


@pytest.fixture
def issue_id(db: Database) -> int:
    """Friday's issue with three summaries on it."""
    return make_issue(db, FRIDAY, [make_summary(db) for _ in range(3)], introduction="A week of courts.")


def page(browser: FlaskClient, path: str = PAGE) -> str:
    return " ".join(browser.get(path).text.split())


@pytest.mark.usefixtures("issue_id")
def test_before_its_cutoff_nothing_is_said(alice: FlaskClient) -> None:
    assert FEW not in page(alice)


@pytest.mark.usefixtures("issue_id")
def test_closed_it_is_skipped_unless_it_is_reopened(alice: FlaskClient) -> None:
    press(alice, "approve")
    assert f"{FEW}: unless it is reopened and more are added, it is skipped on {AT}." in page(alice)


def test_left_open_it_is_skipped_unless_more_are_added(alice: FlaskClient, db: Database, issue_id: int) -> None:
    press(alice, "approve")
    with db.writing() as session:
        session.get_one(Issue, issue_id).cutoff_at = TUESDAY - timedelta(hours=1)
    press(alice, "reopen")
    assert f"{FEW}: unless more are added, it is skipped on {AT}." in page(alice)
    press(alice, "add", summary=make_summary(db, "A fourth", at=TUESDAY))
    assert f"Left open, it closes itself as it stands on {AT}" in page(alice)


@pytest.mark.usefixtures("issue_id")
def test_on_hold_it_is_skipped_once_released(alice: FlaskClient, db: Database, clock: time_machine.Traveller) -> None:
    press(alice, "approve")
    press(alice, "hold")
    assert f"{FEW}: released with so few, it is skipped on {AT}." in page(alice)
    assert f"Unless more are added, it is skipped on {AT}." in page(alice, f"{PAGE}/release")
    go_on(db, clock, datetime(2024, 5, 17, 8, tzinfo=UTC))
    assert f"{FEW}: released with so few, it is skipped at once." in page(alice)
    assert "Release and skip it" in page(alice, f"{PAGE}/release")


@pytest.mark.usefixtures("issue_id")
def test_past_its_moment_the_clock_skips_it(alice: FlaskClient, db: Database, clock: time_machine.Traveller) -> None:
    go_on(db, clock, datetime(2024, 5, 17, 8, tzinfo=UTC))
    assert f"{FEW}, so the clock skips it once the operator has started it: now no clock runs." in page(alice)
    a_clock_ticks(db)
    assert f"{FEW}, so the clock skips it within seconds." in page(alice)
