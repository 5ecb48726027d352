"""`python -m tests.bench.load`: what readers notice while an issue goes to a million and 300 sources are asked.

A real `digest serve` with its two workers, `digest send` with its two processes, and `digest feeds poll`, one after the
other, all on one machine; beside them, and on the same cores, the stand-ins for SendGrid and the publishers, and 200
readers in one process. What each of them takes of the processor is told apart.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.imports import _summaries
from tests.bench.measure import sendgrid
from tests.bench.polling import _opml, _serve
from tests.bench.report import keep_section
from tests.bench.site import Site, serving
from tests.bench.stage import environment, open_stage
from tests.bench.visitors import Seen, visit

_SECTION = "\n## Under load\n"
_TICKS = os.sysconf("SC_CLK_TCK")
_GOAL = 0.2
_DIGEST = (sys.executable, "-m", "digest.cli")


@dataclass(frozen=True)
class Load:
    """What was measured; seconds, and of the processor where it says so."""

    asked: argparse.Namespace
    seen: Seen
    seconds: float
    site: float
    """The processor's seconds of the site's processes."""
    readers: float
    """The same of the process that holds the readers."""
    sending: float
    """From the start of `digest send` to its end."""
    polls: int
    load: float


def main() -> None:
    """Measure and print; with --write, keep the section in docs/benchmarks.md."""
    asked = _arguments()
    written = _page(_measure(asked))
    sys.stdout.write(written)
    if asked.write:
        keep_section(_SECTION, written)


def _measure(asked: argparse.Namespace) -> Load:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, sendgrid() as host, _publishers() as port:
        environ = _environ(Path(folder), host)
        _prepare(environ, asked, Path(folder), port)
        with serving(environ) as site:
            visit(site.host, site.port, 20, 0.1, _after(2.0))  # a start compiles what it shows: no reader's matter
            return _under_load(asked, environ, site, load)


def _under_load(asked: argparse.Namespace, environ: Mapping[str, str], site: Site, load: float) -> Load:
    ended, told = threading.Event(), {"sending": 0.0, "polls": 0}
    others = threading.Thread(target=_work, args=(environ, asked.seconds, told, ended))
    began, site_before, ours_before = time.monotonic(), processor(site.pid), time.process_time()
    others.start()
    seen = visit(site.host, site.port, asked.visitors, asked.pause, ended.is_set)
    ours = time.process_time() - ours_before
    seconds, of_site = time.monotonic() - began, processor(site.pid) - site_before
    others.join()
    return Load(asked, seen, seconds, of_site, ours, float(told["sending"]), int(told["polls"]), load)


def _work(environ: Mapping[str, str], seconds: float, told: dict[str, float], ended: threading.Event) -> None:
    """Send, and ask all sources again and again, for so many seconds at least and until all is sent."""
    began = time.monotonic()
    send = subprocess.Popen([*_DIGEST, "send"], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sending = threading.Thread(target=lambda: told.update(sending=_ended(send, began)))
    sending.start()
    while sending.is_alive() or time.monotonic() - began < seconds:
        subprocess.run([*_DIGEST, "feeds", "poll", "--all", "--json"], env=environ, check=True, capture_output=True)
        told["polls"] += 1
    sending.join()
    ended.set()


def _ended(send: subprocess.Popen[bytes], began: float) -> float:
    if send.wait() not in (0, 3):
        raise RuntimeError(f"digest send ended with {send.returncode}")
    return time.monotonic() - began


def processor(pid: int) -> float:
    """Seconds of the processor that a process and all that it has started have taken."""
    process = Path(f"/proc/{pid}")
    try:
        children = (process / f"task/{pid}/children").read_text().split()
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS + sum(processor(int(child)) for child in children)


def _environ(folder: Path, sendgrid_url: str) -> dict[str, str]:
    more = {"TRUSTED_PROXIES": "1", "FEED_NETWORKS": "127.0.0.0/8"}
    return environment(folder, f"sqlite:///{folder}/digest.db", sendgrid_url) | more


def _prepare(environ: dict[str, str], asked: argparse.Namespace, folder: Path, port: int) -> None:
    """Readers and a closed issue, an archive, and sources."""
    _digest(environ, "db", "upgrade")
    _digest(environ, *_summaries(folder, asked.summaries))
    _, db, _ = open_stage(environ, asked.readers)
    db.close()
    opml = folder / "feeds.opml"
    opml.write_text(_opml(port))
    _digest(environ, "feeds", "import", str(opml))


def _digest(environ: Mapping[str, str], *words: str) -> None:
    subprocess.run([*_DIGEST, *words], env=environ, check=True, capture_output=True)


@contextmanager
def _publishers() -> Iterator[int]:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield ours.recv()
    finally:
        server.terminate()
        server.join()


def _after(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def _page(found: Load) -> str:
    rows = "\n".join(_row(name, waits) for name, waits in sorted(found.seen.waits.items()))
    requests = max(1, found.seen.requests)
    errors = "none" if not found.seen.errors else "; ".join(sorted(set(found.seen.errors)))
    return f"""{_SECTION}
{found.asked.visitors} readers at once, who look at what they got for {found.asked.pause:g} seconds on average, while an
issue goes to {found.asked.readers:,} readers and 300 sources are asked, {found.polls} times over. Made anew by:

```
python -m tests.bench.load --write
```

Measured on {datetime.now(UTC):%Y-%m-%d} on SQLite, on {os.cpu_count()} cores at a load of {found.load:.1f} before it \
began; Python {platform.python_version()}. The readers, the loopback
SendGrid and the publishers run on the same cores. An archive of {found.asked.summaries:,} summaries.

| what is asked | requests | median | 95th percentile | slowest |
|---|---|---|---|---|
{rows}

{requests:,} requests in {found.seconds:.0f} s, errors: {errors}. A request takes \
{1000 * found.site / requests:.0f} ms of the processor at the site,
and {1000 * found.readers / requests:.1f} ms at the readers.
The issue took {found.sending:.0f} s from the start of `digest send` to its end, its freezing included.

What is aimed at, on a machine of this size: {_GOAL * 1000:.0f} ms at the 95th percentile in every row, and no error.
"""


def _row(name: str, waits: Sequence[float]) -> str:
    found = sorted(waits)
    middle, high = found[len(found) // 2], found[min(len(found) - 1, int(0.95 * len(found)))]
    figures = " | ".join(f"{1000 * each:.0f} ms" for each in (middle, high, found[-1]))
    return f"| {name} | {len(found):,} | {figures} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.load", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--readers", type=int, default=1_000_000, help="who get the issue; %(default)s")
    parser.add_argument("--visitors", type=int, default=200, help="who are at the site; %(default)s")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds between two requests of one; %(default)s")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long at least; %(default)s")
    parser.add_argument("--summaries", type=int, default=4_350, help="in the archive; %(default)s")
    parser.add_argument("--write", action="store_true", help="write the section of docs/benchmarks.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
