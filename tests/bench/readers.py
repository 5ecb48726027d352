"""What a million readers cost the desk: the list of subscribers, and a file of them brought in by the clock.

`python -m tests.bench.readers`: pages of the list, on SQLite and PostgreSQL, each asked for again and again; then an
import as the desk has it (tried, then run), while one person after another signs up at a real server.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import quantiles

from sqlalchemy import insert
from sqlalchemy.orm import Session

from digest import config
from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.readers import desk_imports
from digest.operations.running.startup import MIGRATIONS
from digest.operations.shared.context import Process
from digest.storage.base.database import Database
from digest.storage.readers.reader_imports import ImportState, reader_import
from digest.storage.readers.subscriber_list import SUPPRESSED, WantedReaders, beginning_count, subscriber_page
from digest.storage.readers.subscribers import Subscriber, SubscriberState, count_by_state, paused_size
from digest.storage.running import schema
from digest.storage.suppressions.suppressions import Suppression, count_by_reason, suppression_page
from tests.bench.imports import _database, _signing_up, _site, _subscribers
from tests.bench.stage import _choices, _readers, environment

DATABASES = ("SQLite", "PostgreSQL")
_AGAIN = 20
_PAGE = 50
_ASKED = {
    "everybody": WantedReaders(),
    "pending": WantedReaders(state=SubscriberState.PENDING),
    "suppressed": WantedReaders(state=SUPPRESSED),
    "a topic": WantedReaders(topic="topic-7"),
    "a topic that nobody has": WantedReaders(topic="nothing"),
    "a beginning": WantedReaders(beginning="ab"),
    "a beginning and a state": WantedReaders(state=SubscriberState.PENDING, beginning="a"),
}


def main() -> None:
    """Measure and print."""
    asked = _arguments()
    for kind in asked.databases:
        with tempfile.TemporaryDirectory() as folder, _database(kind, Path(folder)) as url:
            environ = environment(Path(folder), url, "") | {"MAIL_TRANSPORT": "outbox", "TRUSTED_PROXIES": "1"}
            settings = config.load(environ, Path(folder))
            with closing(Database(url)) as db:
                schema.upgrade(db, MIGRATIONS)
                if asked.only_list:
                    _fill(db, asked.readers)
                elif asked.alone:
                    _import(kind, settings, db, asked.readers)
                else:
                    with _site(environ) as site, _signing_up(site) as waits:
                        _import(kind, settings, db, asked.readers)
                    slowest = f"slowest {max(waits) * 1000:.0f} ms"
                    _say(kind, f"{len(waits)} sign-ups meanwhile", f"95th of a hundred {_p95(waits):.0f} ms", slowest)
                _lists(kind, db)


def _import(kind: str, settings: Settings, db: Database, readers: int) -> None:
    process = Process(db, settings, open_transport(settings), lambda: datetime.now(UTC))
    _subscribers(settings.instance_path, readers)
    with (settings.instance_path / "readers.csv").open("rb") as file:
        key = desk_imports.take_in(process.context(), file, "readers.csv", "I want the digest", "", "the bench")
    _go_on(kind, process, f"{readers:,} rows tried")
    desk_imports.let_run(process.context(), key, "the bench")
    _go_on(kind, process, f"{readers:,} rows run")
    with db.reading() as session:
        found = reader_import(session, key)
    if found is None or found.state != ImportState.DONE:
        raise RuntimeError("the import has not ended")
    _say(kind, "memory", f"{getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


def _go_on(kind: str, process: Process, what: str) -> None:
    began, spent = time.monotonic(), time.process_time()
    desk_imports.go_on_with_imports(process)
    of_this = f"{time.process_time() - spent:.1f} s of this processor"
    _say(kind, what, f"{time.monotonic() - began:.1f} s", of_this)


def _fill(db: Database, readers: int) -> None:
    for rows in _readers(readers, b"k" * 16, _choices(40)):
        for number, row in enumerate(rows):
            row["state"] = SubscriberState.PENDING.value if number % 50 == 0 else row["state"]
        with db.writing() as session:
            session.execute(insert(Subscriber), rows)
            session.execute(insert(Suppression), [_banned(row) for row in rows[::50]])


def _banned(row: dict[str, object]) -> dict[str, object]:
    return {"address_hash": row["address_hash"], "reason": "bounce", "at": row["created_at"], "source": "bench"}


def _lists(kind: str, db: Database) -> None:
    with _analysed(db):
        for what, wanted in _ASKED.items():
            _measure(kind, db, what, _page_of(wanted))
        _measure(kind, db, "counts", lambda session: (count_by_state(session), paused_size(session)))
        _measure(kind, db, "a beginning counted", lambda s: beginning_count(s, WantedReaders(beginning="a"), 10_000))
        _measure(kind, db, "suppressions", lambda s: (count_by_reason(s), suppression_page(s, None, _PAGE)))


@contextmanager
def _analysed(db: Database) -> Iterator[None]:
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    yield


def _page_of(wanted: WantedReaders) -> Callable[[Session], object]:
    def ask(session: Session) -> object:
        first = subscriber_page(session, wanted, "", _PAGE)
        return subscriber_page(session, wanted, first.after, _PAGE) if first.after else first

    return ask


def _measure(kind: str, db: Database, what: str, ask: Callable[[Session], object]) -> None:
    """Two pages, the first and the one after it, or one question."""
    times, spent = [], []
    for _ in range(_AGAIN):
        began, began_spending = time.monotonic(), time.process_time()
        with db.reading() as session:
            ask(session)
        times.append(time.monotonic() - began)
        spent.append(time.process_time() - began_spending)
    _say(kind, what, f"95th of a hundred {_p95(times):.0f} ms", f"{_p95(spent):.0f} ms of this processor")


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1] * 1000


def _say(*words: str) -> None:
    sys.stdout.write("   ".join(words) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.readers", description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000, help="%(default)s")
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--only-list", action="store_true", help="no import: rows are put in at once")
    parser.add_argument("--alone", action="store_true", help="an import without anybody who signs up meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
