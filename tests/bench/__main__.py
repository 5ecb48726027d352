"""`make bench`: measure sends on SQLite and PostgreSQL beside their rivals, and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests import postgresql
from tests.bench.measure import Figures, measure_rivals, measure_send, sendgrid
from tests.bench.report import PAGE, page
from tests.bench.without import KEPT_MEMORY, SECOND_PROCESS

DATABASES = ("SQLite", "PostgreSQL")
_PARTS = (SECOND_PROCESS, KEPT_MEMORY)


def main() -> None:
    """Measure; with fewer readers than by default, only print."""
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder, sendgrid() as host:
        sends = [
            _send(kind, asked.readers, Path(folder) / str(editions), host, editions=editions)
            for kind in asked.databases
            for editions in (1, asked.editions)
        ]
        if asked.only_sends:
            sys.stdout.writelines(f"{one}\n" for one in sends)
            return
        lesser = {what: _send("SQLite", asked.readers, Path(folder) / what, host, what) for what in _PARTS}
        rivals = measure_rivals(max(16, asked.readers // 1000), Path(folder) / "rivals", host)
    written = page("make bench", sends, lesser, rivals)
    sys.stdout.write(written)
    if asked.write:
        PAGE.write_text(written)


def _send(kind: str, readers: int, folder: Path, host: str, without: str = "", editions: int = 1) -> Figures:
    how = f", without {without}" if without else f", {editions} editions" if editions > 1 else ""
    sys.stderr.write(f"{kind}: {readers:,} readers{how} …\n")
    home = folder / kind
    if kind == "SQLite":
        return measure_send(kind, f"sqlite:///{home}/digest.db", readers, home, host, without, editions)
    with closing(postgresql.Server("bench", durable=True)) as server, server.database() as url:
        return measure_send(kind, url, readers, home, host, editions=editions)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000, help="%(default)s")
    parser.add_argument("--editions", type=int, default=30, help="beside one; %(default)s")
    parser.add_argument("--only-sends", action="store_true", help="no rivals, and no page")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
