"""Seven people read an issue that goes out through SendGrid."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.conftest import through
from tests.factories import make_editor, make_readers
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.sending.issues import ALICE, freeze_issue


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid)


@pytest.fixture
def frozen(db: Database, settings: Settings) -> int:
    """An issue of two summaries, frozen for seven readers in batches of three."""
    make_editor(db, ALICE)
    make_readers(db, settings, 7)
    return freeze_issue(db, settings, batch_size=3)
