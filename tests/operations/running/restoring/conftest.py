"""A weekly that nine people read, sent through SendGrid."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.conftest import TUESDAY, through
from tests.factories import make_editor, make_issue, make_readers, make_summary
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.operations.running.restores import ALICE, FRIDAY, READERS, Installation


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid) | {"SEND_CONCURRENCY": "1"}


@pytest.fixture
def ours(db: Database, settings: Settings) -> Iterator[Installation]:
    """Alice edits it, nine people read it, two summaries are on Friday's issue."""
    make_editor(db, ALICE)
    make_readers(db, settings, READERS)
    make_issue(db, FRIDAY, [make_summary(db, "Court annuls fine"), make_summary(db, "Cookie walls need a choice")])
    found = Installation(db, settings)
    found.recover(TUESDAY)
    yield found
    found.close()
