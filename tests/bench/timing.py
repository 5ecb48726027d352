"""`python -m tests.bench.timing`: does the time of a request tell what came of the sign-up before it?

A real `digest serve` is asked for the digest at addresses of three kinds in turn: new ones, which cause a message;
suppressed ones and ones that were asked for a moment ago, which don't. Timed are the sign-up itself and the request
after it, on a kept connection and on a new one; and likewise the form by which a reader moves to another address.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from digest import config
from digest.domain.shared.tokens import Purpose, fingerprint, seal
from digest.operations.running.startup import MIGRATIONS
from digest.storage.base.database import Database
from digest.storage.readers.reader_links import ReaderLink
from digest.storage.running import schema
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.bench.site import Site, serving
from tests.factories import make_subscriber

KINDS = ("new", "suppressed", "asked before")
NEXT = ("GET /", "POST /subscribe")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_SECRET = "bench-secret-key-bench-secret-key"
_PAGE_KEY = "0123456789abcdef0123456789abcdef"


def main() -> None:
    """Measure, and print the medians."""
    asked = _arguments()
    for kept in (True, False):
        for following in NEXT:
            with tempfile.TemporaryDirectory() as folder, _site(Path(folder)) as site:
                signups, after = measure(site, asked.calls, following, kept)
            how = "kept connection" if kept else "new connections"
            sys.stdout.write(f"{following} after a sign-up, {how}, {asked.calls} calls of each kind, medians in ms\n")
            for kind in KINDS:
                sys.stdout.write(f"  {kind:13} sign-up {signups[kind]:7.2f}   after it {after[kind]:7.2f}\n")
            sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder, _site(Path(folder)) as site:
        moves = measure_moves(site, asked.calls)
    sys.stdout.write(f"POST /yours/…, move, kept connection, {asked.calls} calls of each kind, medians in ms\n")
    for kind in KINDS:
        sys.stdout.write(f"  {kind:13} move {moves[kind]:7.2f}\n")


def measure_moves(site: Site, calls: int) -> dict[str, float]:
    """Median milliseconds of asking to move, by the kind of the new address."""
    moves = defaultdict(list)
    page = f"/yours/{seal(Purpose.YOURS, _PAGE_KEY, _SECRET)}"
    connection = site.connect()
    for number in range(calls):
        for kind in KINDS:
            moves[kind].append(_timed(connection, page, _address(kind, f"move{number}")))
    connection.close()
    return {kind: median(times) for kind, times in moves.items()}


def measure(site: Site, calls: int, following: str, kept: bool) -> tuple[dict[str, float], dict[str, float]]:
    """Median milliseconds of sign-ups and of the request that follows each, by the kind of address."""
    signups, after = defaultdict(list), defaultdict(list)
    connection = site.connect()
    for number in range(calls):
        for kind in KINDS:
            if not kept:
                connection.close()
                connection = site.connect()
            signups[kind].append(_timed(connection, "/subscribe", _address(kind, f"{following}{kept}{number}")))
            if not kept:
                connection.close()
                connection = site.connect()
            again = _address("asked before") if following == NEXT[1] else None
            after[kind].append(_timed(connection, "/subscribe" if again else "/", again))
    connection.close()
    return {kind: median(times) for kind, times in signups.items()}, {k: median(times) for k, times in after.items()}


def _timed(connection: HTTPConnection, path: str, email: str | None) -> float:
    number = next(_networks)  # each from a network of its own, or their caps would be what is measured
    headers = {"X-Forwarded-For": f"10.{number // 250 % 250}.{number % 250}.1"}
    began = time.perf_counter()
    if email is None:
        connection.request("GET", path, headers=headers)
    else:
        connection.request("POST", path, urlencode({"email": email, "move": "1"}), headers | _FORM)
    connection.getresponse().read()
    return (time.perf_counter() - began) * 1000


_networks = count()


def _address(kind: str, number: str = "") -> str:
    words = "".join(character for character in number if character.isalnum())
    return {"new": f"new{words}@example.org", "suppressed": "suppressed@example.org"}.get(kind, "before@example.org")


@contextmanager
def _site(folder: Path) -> Iterator[Site]:
    environ = {
        "INSTANCE_PATH": str(folder),
        "SECRET_KEY": _SECRET,
        "SUPPRESSION_KEY": "bench-suppression-key-bench-suppr",
        "SITE_URL": "http://127.0.0.1",
        "TRUSTED_PROXIES": "1",
    }
    settings = config.load(environ, folder)
    with closing(Database(settings.database_url)) as db:
        schema.upgrade(db, MIGRATIONS)
        with db.writing() as session:
            address_hash = fingerprint("suppressed@example.org", settings.suppression_key)
            suppress(session, address_hash, SuppressionReason.BOUNCE, datetime.now(UTC), "bench")
        reader, now = make_subscriber(db, settings, "mover@example.org"), datetime.now(UTC)
        with db.writing() as session:
            until = now + timedelta(days=1)
            session.add(ReaderLink(subscriber_id=reader.id, key=_PAGE_KEY, asked_at=now, valid_until=until))
    with serving(environ) as site:
        connection = site.connect()
        for number in range(50):
            _timed(
                connection, "/subscribe", _address("asked before") if number % 2 else _address("new", f"warm{number}")
            )
        connection.close()
        yield site


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.timing", description=__doc__)
    parser.add_argument("--calls", type=int, default=500, help="of each kind; %(default)s")
    return parser.parse_args()


if __name__ == "__main__":
    main()
