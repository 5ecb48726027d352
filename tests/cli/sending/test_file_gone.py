"""The database's file is taken away under `digest send`: it ends, in words, and writes nothing into nowhere."""

from __future__ import annotations

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.cli.shell import Shell, select_one, wait_until
from tests.factories import make_readers
from tests.loopback.faults import Hang
from tests.loopback.sendgrid import LoopbackSendGrid


@pytest.mark.only_on("sqlite")
def test_a_send_whose_file_is_gone_ends_in_words_and_goes_on_when_it_is_back(
    db: Database, settings: Settings, shell: Shell, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    select_one(db, settings)
    db.close()
    path = settings.instance_path / "digest.db"
    away = path.with_name("away.db")
    sendgrid.misbehave(Hang(1.0), path="/v3/suppression/bounces", nth=1)
    with shell.start("send") as process:
        wait_until(lambda: sendgrid.requests, process)
        path.rename(away)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"{path}, or its -wal or -shm file, was removed or replaced while in use." in err
    assert "Traceback" not in err
    assert not path.exists()
    assert sendgrid.accepted == []
    away.rename(path)
    assert shell.run("send")[0] == 0
    assert not sendgrid.doubled()
