"""Zoe and Yan read an issue that Ada sends."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.operations.issues.closing import close_issue
from digest.operations.sending.freezing import freeze
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from tests.conftest import TUESDAY, through
from tests.factories import make_issue, make_subscriber, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.again.copies import ADA, YAN, ZOE, send


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def frozen(db: Database, settings: Settings) -> int:
    """An issue frozen for Zoe and Yan."""
    make_subscriber(db, settings, ZOE)
    make_subscriber(db, settings, YAN)
    issue_id = make_issue(db, summary_ids=[make_summary(db, "Court annuls a fine", topics=["Courts"])])
    close_issue(Context(db, settings, TUESDAY), issue_id, ADA)
    freeze(Context(db, settings, TUESDAY), issue_id, ADA)
    return issue_id


@pytest.fixture
def sent(db: Database, settings: Settings, frozen: int) -> int:
    """The same, sent."""
    send(db, settings, frozen)
    return frozen
