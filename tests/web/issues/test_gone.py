"""A sender says of an issue that a restore put on hold that readers have it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.issues.holding import A_RESTORED_BACKUP, hold
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import issue_for_change
from tests.factories import make_issue, make_summary
from tests.web.browser import Browser, page, words

FRIDAY = date(2024, 5, 17)
AT = "/desk/issues/2024-05-17"


@pytest.mark.parametrize("closed", [True, False])
def test_an_issue_that_went_before_a_restore_gets_its_page(
    ada: Browser, db: Database, settings: Settings, clock: time_machine.Traveller, closed: bool
) -> None:
    issue_id = make_issue(db, FRIDAY, [make_summary(db, "Court annuls fine")])
    if closed:
        close_issue(Context(db, settings, datetime.now(UTC)), issue_id, "alice@digest.test")
    assert not page(ada.open(AT)).select(f"a[href='{AT}/gone']")
    clock.shift(timedelta(minutes=10))
    with db.writing() as session:
        hold(session, datetime.now(UTC), issue_for_change(session, issue_id), A_RESTORED_BACKUP)
    assert ada.open("/issues/2024-05-17").status_code == 404
    assert page(ada.open(AT)).select(f"a[href='{AT}/gone']")
    asked = words(ada.open(f"{AT}/gone"))
    assert ("as it was closed before the backup" in asked, "nobody here knows what went" in asked) == (
        closed,
        not closed,
    )
    assert ada.send(f"{AT}/gone").status_code == 303
    shown = words(ada.open("/issues/2024-05-17"))
    assert "Court annuls fine" in shown
    assert "17 May 2024" in words(ada.open("/issues"))
    assert "Said that readers have issue of 2024-05-17" in words(ada.open("/desk/audit"))
    assert ada.open(AT).status_code == 200
