"""A send of forty copies, and one that left doubts behind."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.conftest import through
from tests.factories import make_readers
from tests.loopback.faults import DropUnanswered, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import account, freeze_issue, send


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def frozen(db: Database, settings: Settings) -> int:
    """Forty readers in batches of ten; nothing has left."""
    make_readers(db, settings, 40)
    return freeze_issue(db, settings, batch_size=10)


@pytest.fixture
def held(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, frozen: int) -> int:
    """SendGrid took the last ten; two batches before were cut off and one was answered by 503."""
    sendgrid.misbehave(DropUnanswered(accept=False), DropUnanswered(accept=False), ServerError(503))
    send(db, settings, frozen)
    assert account(db, frozen) == {"held": 30, "accepted": 10}
    return frozen
