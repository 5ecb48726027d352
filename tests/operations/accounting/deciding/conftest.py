"""Two hundred read an issue in four batches; nobody knows what became of some of them."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.conftest import through
from tests.factories import make_editor, make_readers
from tests.loopback.faults import DropUnanswered, ServerError
from tests.loopback.sendgrid import LoopbackSendGrid
from tests.unsettled import ALICE, WEBHOOK_KEY, account, deaf, freeze_issue, send, state


@pytest.fixture
def environ(environ: dict[str, str], sendgrid: LoopbackSendGrid) -> dict[str, str]:
    return environ | through(sendgrid) | {"SENDGRID_WEBHOOK_KEY": WEBHOOK_KEY}


@pytest.fixture
def readers(db: Database, settings: Settings) -> list[str]:
    """Two hundred; Alice edits."""
    make_editor(db, ALICE)
    return make_readers(db, settings, 200)


@pytest.fixture
def lost(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str]) -> int:  # noqa: ARG001
    """An issue in four batches of fifty: the first was cut off and not taken by SendGrid; the rest went."""
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(DropUnanswered(accept=False))
    send(db, settings, issue_id)
    assert account(db, issue_id) == {"unknown": 50, "accepted": 150}
    return issue_id


@pytest.fixture
def taken(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str]) -> int:  # noqa: ARG001
    """The same, but SendGrid did take the first."""
    issue_id = freeze_issue(db, settings)
    sendgrid.misbehave(DropUnanswered(accept=True))
    send(db, settings, issue_id)
    return issue_id


@pytest.fixture
def held(db: Database, settings: Settings, sendgrid: LoopbackSendGrid, readers: list[str]) -> int:  # noqa: ARG001
    """The same without a webhook: the first two were cut off and one was answered by 503, none taken; all are held."""
    issue_id = freeze_issue(db, deaf(settings))
    sendgrid.misbehave(DropUnanswered(accept=False), DropUnanswered(accept=False), ServerError(503))
    send(db, deaf(settings), issue_id)
    assert account(db, issue_id) == {"held": 150, "accepted": 50}
    assert state(db, issue_id) == "sent"
    return issue_id
