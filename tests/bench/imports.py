"""What a site notices of a long import: how long it takes, in how much memory, and the slowest sign-up meanwhile.

`python -m tests.bench.imports`: an archive of 4,350 summaries and one of 100,000, on SQLite and PostgreSQL, while one
person after another signs up at a real server. `--siblings` measures the other commands that write for long.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.running import schema
from tests import postgresql
from tests.bench.measure import _run
from tests.bench.report import keep_section
from tests.bench.stage import environment
from tests.ports import free_port

SIZES = (4_350, 100_000)
_BETWEEN = 0.05
_SECTION = "\n## Importing\n"
_SENTENCE = (
    "The authority found that the controller had kept call recordings for four years without a reason that would carry "
    "so long a time, and that nobody had looked at the retention schedule since it was written."
)


@dataclass(frozen=True)
class Figures:
    """What was measured of one command; times in seconds, memory in MB of all its processes together."""

    what: str
    database: str
    lines: int
    seconds: float
    memory: float
    waits: Sequence[float]
    """How long each sign-up meanwhile took."""


def main() -> None:
    """Measure and print; with --write, keep the section in docs/benchmarks.md."""
    asked = _arguments()
    load = os.getloadavg()[0]
    kinds = ("SQLite",) if asked.siblings else asked.databases
    measured = [
        figures
        for kind in kinds
        for what, lines in (_SIBLINGS if asked.siblings else [("summaries", size) for size in asked.sizes])
        for figures in [_measure(kind, what, lines)]
    ]
    written = _page(measured, load)
    sys.stdout.write(written)
    if asked.write:
        keep_section(_SECTION, written)


def _measure(kind: str, what: str, lines: int) -> Figures:
    sys.stderr.write(f"{kind}: {what}, {lines:,} …\n")
    with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as url:
        home = Path(folder)
        environ = environment(home, url, "") | {"MAIL_TRANSPORT": "outbox", "TRUSTED_PROXIES": "1"}
        with closing(Database(url)) as db:
            schema.upgrade(db, MIGRATIONS)
        words = _WORDS[what](home, lines)
        with _site(environ) as site, _signing_up(site) as waits:
            _, began, memory = _run(environ, "-m", "digest.cli", *words)
            seconds = (datetime.now(UTC) - began).total_seconds()
    return Figures(what, kind, lines, seconds, memory, waits)


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "SQLite":
        yield f"sqlite:///{folder}/digest.db"
        return
    with closing(postgresql.Server("bench", durable=True)) as server, server.database() as url:
        yield url


@contextmanager
def _site(environ: dict[str, str]) -> Iterator[str]:
    where = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "digest.cli", "serve", "--bind", where]
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _answers(f"http://{where}/")
            _warm(f"http://{where}")
            yield f"http://{where}"
        finally:
            server.terminate()


def _answers(url: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urlopen(url, timeout=10).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def _warm(site: str) -> None:
    """The first sign-ups of each worker, which compile what they show: a start's doing, and no import's."""
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda number: _sign_up(site, 1_000_000 + number), range(40)))


@contextmanager
def _signing_up(site: str) -> Iterator[list[float]]:
    """One person after another, each from a network of their own; yields how long each waited."""
    waits: list[float] = []
    done = threading.Event()

    def people() -> None:
        for number in range(1_000_000):
            if done.wait(_BETWEEN):
                return
            began = time.perf_counter()
            _sign_up(site, number)
            waits.append(time.perf_counter() - began)

    asking = threading.Thread(target=people)
    asking.start()
    try:
        yield waits
    finally:
        done.set()
        asking.join()


def _sign_up(site: str, number: int) -> None:
    form = urlencode({"email": f"reader{number}@example.org"}).encode()
    network = f"10.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
    with urlopen(Request(f"{site}/subscribe", form, {"X-Forwarded-For": network}), timeout=60) as answer:
        answer.read()


def _summaries(folder: Path, lines: int) -> list[str]:
    file, random = folder / "archive.jsonl", Random(5)  # noqa: S311 - the same archive in every run
    with file.open("w") as out:
        for number in range(lines):
            paragraphs = (f"{_SENTENCE} Case *{number}*.", f"> “{_SENTENCE}”", _SENTENCE)
            summary = {
                "id": number + 1,
                "title": f"What the authority decided on case {number}",
                "date": (date(2020, 1, 1) + timedelta(number * 1_600 // lines)).isoformat(),
                "publication": f"Publication {random.randrange(300)}",
                "body": "\n\n".join(paragraphs),
                "sources": [{"url": f"https://example.org/story/{number}", "title": "The story"}],
                "topics": [f"Topic {topic}" for topic in random.sample(range(40), 2)],
            }
            out.write(json.dumps(summary) + "\n")
    return ["summaries", "import", str(file)]


def _subscribers(folder: Path, lines: int) -> list[str]:
    file = folder / "readers.csv"
    rows = (f"imported{number}@firm{number % 5000}.example.org,Reader {number}\n" for number in range(lines))
    file.write_text("email,name\n" + "".join(rows))
    return ["subscribers", "import", str(file), "--consent", "I want the weekly digest by email"]


def _suppressions(folder: Path, lines: int) -> list[str]:
    file = folder / "suppressions.csv"
    file.write_text(
        "email\n" + "".join(f"bounced{number}@firm{number % 5000}.example.org\n" for number in range(lines))
    )
    return ["suppressions", "import", str(file)]


def _demo(_folder: Path, _lines: int) -> list[str]:
    return ["demo"]


_WORDS = {
    "summaries": _summaries,
    "subscribers": _subscribers,
    "suppressions": _suppressions,
    "demo": _demo,
}
_SIBLINGS = [("subscribers", 100_000), ("suppressions", 100_000), ("demo", 0)]


def _page(measured: Sequence[Figures], load: float) -> str:
    others = f" Others kept the machine busy meanwhile (load {load:.0f} before it began)." if load >= 1 else ""
    rows = "\n".join(
        f"| {each.what} | {each.database} | {each.lines:,} | {each.seconds:.1f} s | {each.memory:.0f} MB "
        f"| {len(each.waits):,} | {statistics.median(each.waits) * 1000:.0f} ms | {max(each.waits) * 1000:.0f} ms |"
        for each in measured
    )
    return f"""{_SECTION}
What a site notices of an import: one person after another signs up at it, 50 ms after the answer before. Made anew by:

```
python -m tests.bench.imports --write
```

Measured on {datetime.now(UTC):%Y-%m-%d}, on {os.cpu_count()} cores shared with the site and, in its rows, with \
PostgreSQL; Python {platform.python_version()}. A summary has {_size():,} bytes of JSON.{others}

| import | database | lines | time | peak memory | sign-ups meanwhile | median | slowest |
|---|---|---|---|---|---|---|---|
{rows}

*Time* is that of the whole command, interpreter included. *Peak memory* is that of all its processes together, with
pages that they share counted for each. On SQLite a sign-up waits for at most one transaction of the import, which ends
after 0.04 s and one `fsync` (`synchronous=FULL`).

What is aimed at, on a machine of this size: 4,350 lines in 2 s, 100,000 in 40 s, memory that does not grow with the
lines, and no sign-up over 250 ms.
"""


def _size() -> int:
    with tempfile.TemporaryDirectory() as folder:
        _summaries(Path(folder), 1)
        return len((Path(folder) / "archive.jsonl").read_bytes())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.imports", description=re.split(r"\n\n", __doc__ or "")[0]
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="lines (default: 4350 100000)")
    parser.add_argument("--databases", nargs="+", choices=("SQLite", "PostgreSQL"), default=("SQLite", "PostgreSQL"))
    parser.add_argument("--siblings", action="store_true", help="the other commands that write for long, on SQLite")
    parser.add_argument("--write", action="store_true", help="write the section of docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
