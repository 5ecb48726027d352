"""One measurement: freeze, send by the command, and the rivals, all against one loopback SendGrid in one run."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from digest.operations.running.sending_now import report
from digest.operations.sending.freezing import freeze
from digest.operations.sending.posting import bulk_of
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import issue_for_change
from digest.storage.sending.batches import Attempt
from tests.bench import rivals
from tests.bench.site import resident
from tests.bench.stage import environment, open_stage

BATCH = 1_000
BODIES = 16
PLAIN_READERS = 1_000


@dataclass(frozen=True)
class Rivals:
    """Readers a second of what a send is compared with."""

    from_memory: float
    official: float
    plain: float
    request_bytes: int


@dataclass(frozen=True)
class Figures:
    """What was measured of a send; times in seconds, memory in MB."""

    database: str
    readers: int
    freezing: float
    sending: float
    """From the start of `digest send` on a frozen issue to the last recorded outcome."""
    memory: float
    """The highest of freezing and sending, of all our processes at the time together."""
    editions: int = 1
    """How many choices of topics the readers made."""

    @property
    def rate(self) -> float:
        """Readers a second of the send."""
        return self.readers / self.sending

    @property
    def whole(self) -> float:
        """Readers a second with the freeze."""
        return self.readers / (self.freezing + self.sending)


def measure_send(
    kind: str, url: str, readers: int, folder: Path, host: str, without: str = "", editions: int = 1
) -> Figures:
    """Measure with so many readers in a new database at `url`; `folder` is the installation's. `without`: see there."""
    environ = environment(folder, url, host)
    _, db, issue_id = open_stage(environ, readers, editions)
    with closing(db):
        words, _, freezing_memory = _run(environ, "-m", "tests.bench.freezing", str(issue_id))
        command = ("tests.bench.without", without) if without else ("digest.cli", "send")
        _, began, sending_memory = _run(environ, "-m", *command)
        account = report(db, issue_id)
        if account.accepted != readers or account.difference:
            raise RuntimeError(f"the account does not add up: {account}")
        sending = (_last_outcome(db) - began).total_seconds()
    return Figures(kind, readers, float(words), sending, max(freezing_memory, sending_memory), editions)


def measure_rivals(requests: int, folder: Path, host: str) -> Rivals:
    """Post requests like those of a send without a send behind them."""
    settings, db, issue_id = open_stage(environment(folder, f"sqlite:///{folder}/digest.db", host), BODIES * BATCH)
    with closing(db):
        freeze(Context(db, settings, datetime.now(UTC)), issue_id, "the bench")
        with db.writing() as session:
            issue_for_change(session, issue_id).pace = None
        claims = rivals.some_claims(db, settings, issue_id, BODIES)
    kept = rivals.bodies(settings, claims)
    return Rivals(
        from_memory=requests * BATCH / rivals.post_from_memory(settings, kept, requests),
        official=requests * BATCH / rivals.post_with_official_client(settings, kept, requests),
        plain=PLAIN_READERS / rivals.plain_script(settings, bulk_of(settings, claims[0]), PLAIN_READERS),
        request_bytes=len(kept[0]),
    )


@contextmanager
def sendgrid() -> Iterator[str]:
    """A loopback SendGrid in a process of its own that counts readers and checks nothing."""
    command = [sys.executable, "-m", "tests.loopback.sendgrid", "--lenient"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _run(environ: Mapping[str, str], *command: str) -> tuple[str, datetime, float]:
    """Run one of our processes: what it said, when it began, and the most memory it had, in MB."""
    began = datetime.now(UTC)
    with subprocess.Popen([sys.executable, *command], env=dict(environ), stdout=subprocess.PIPE, text=True) as process:
        watched = _Memory(process.pid)
        watched.start()
        said, _ = process.communicate()
        watched.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {said}")
    return said, began, watched.most / 1024


class _Memory(threading.Thread):
    """Watches the most memory that a process and its children have had together, in kB. A page that two share counts
    twice, so it is never less than what they really took.
    """

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid
        self.most = 0

    def run(self) -> None:
        """Look ten times a second until it has ended."""
        while now := resident(self._pid):
            self.most = max(self.most, now)
            time.sleep(0.1)


def _last_outcome(db: Database) -> datetime:
    with db.reading() as session:
        moment = session.execute(select(func.max(Attempt.finished_at))).scalar_one()
    assert moment is not None
    return moment
