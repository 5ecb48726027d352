"""The `digest` command as a person or a cron job runs it, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.config import Settings
from digest.operations.issues.week import ensure_issue
from digest.operations.shared.context import Context
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from digest.storage.issues.selections import append_selection
from tests.cli.forked import Forked
from tests.cli.warm import warm_command
from tests.factories import make_summary


@dataclass(frozen=True)
class Shell:
    """The command in an environment."""

    environ: dict[str, str]

    def start(self, *words: str) -> Forked:
        """A process that goes on beside the test, for whoever watches or disturbs it."""
        return Forked(words, self.environ)

    def start_anew(self, *words: str) -> subprocess.Popen[str]:
        """A new process of Python, where it matters what it inherits or starts itself."""
        return subprocess.Popen(
            [sys.executable, "-m", "digest.cli", *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """The status, output and errors of a run that nobody disturbs."""
        return warm_command().run(words, self.environ)


def wait_until(seen: Callable[[], object], process: Forked) -> None:
    """Look until it is so, and leave the processors to others meanwhile; the process must not end before."""
    while not seen():
        assert process.poll() is None, "it ended too early"
        time.sleep(0.002)


def select_one(db: Database, settings: Settings) -> int:
    """One summary on the issue that is current today."""
    ensure_issue(Context(db, settings, datetime.now(UTC)))
    summary_id = make_summary(db, "Court annuls a fine", topics=["AI"])
    with db.writing() as session:
        issue = current_issue(session)
        assert issue is not None
        append_selection(session, issue.id, summary_id)
        return issue.id
