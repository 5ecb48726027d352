"""Freeze one issue in a process of its own, so that its memory can be told: prints the seconds that it took."""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from digest import config
from digest.operations.sending.freezing import Freeze, freeze
from digest.operations.shared.context import Context
from digest.storage.base.database import Database


def main() -> None:
    """`python -m tests.bench.freezing ISSUE_ID`, with the installation in the environment."""
    settings = config.load(root=Path(os.environ["INSTANCE_PATH"]))
    with closing(Database(settings.database_url)) as db:
        began = time.perf_counter()
        outcome = freeze(Context(db, settings, datetime.now(UTC)), int(sys.argv[1]), "the bench")
        if outcome is not Freeze.FROZEN:
            raise RuntimeError(f"not frozen: {outcome}")
        sys.stdout.write(f"{time.perf_counter() - began}\n")


if __name__ == "__main__":
    main()
