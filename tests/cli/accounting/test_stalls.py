"""`digest send` says why it waits, once for each reason."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.cli.shell import Shell, select_one
from tests.factories import make_readers
from tests.loopback.faults import Fault, ServerError, TooManyRequests
from tests.loopback.orders import MAIL_SEND
from tests.loopback.sendgrid import LoopbackSendGrid

SCOPES = "/v3/scopes"


@pytest.mark.parametrize(
    ("fault", "path", "told"),
    [
        (
            ServerError(503),
            SCOPES,
            "Waiting: nobody knows what became of a request. Nothing more leaves until ",
        ),
        (TooManyRequests(reset_in=2), MAIL_SEND, "Waiting: SendGrid takes no more until "),
        (TooManyRequests(reset_in=None), MAIL_SEND, "Waiting: SendGrid answered 429: too many requests; it goes again"),
    ],
)
def test_whoever_waits_is_told_why(
    db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid, fault: Fault, path: str, told: str
) -> None:
    make_readers(db, settings, 1_500)
    select_one(db, settings)
    if path == SCOPES:
        sendgrid.misbehave(ServerError(503), nth=1)
    sendgrid.misbehave(fault, path=path, nth=1)
    _, out, err = shell.run("send")
    assert err.count("Waiting: ") == 1
    assert told in err
    assert "1,500" in out or "750 accepted" in out
    assert not sendgrid.doubled()
