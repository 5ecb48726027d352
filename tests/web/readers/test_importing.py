"""A file of readers on the desk: tried, let run, gone on with after a crash, called off."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine

from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.readers import desk_imports, import_batches
from digest.operations.shared.context import Context, Process
from digest.storage.base.database import Database
from digest.storage.readers.consents import ConsentRecord
from digest.storage.readers.reader_imports import ReaderImport
from digest.storage.readers.subscribers import SubscriberState, count_by_state
from digest.storage.suppressions.suppressions import SuppressionReason, suppress
from tests.conftest import TUESDAY
from tests.factories import make_subscriber
from tests.web.browser import Browser, page, words

FILE = """email,state,unsubscribed_at
new@example.org,confirmed,
there@example.org,unsubscribed,2024-01-01
bad@example.org,confirmed,
new@example.org,unsubscribed,2024-02-01
no address,confirmed,
bounced@example.org,bounced,2024-02-02
New@example.org,confirmed,
"""


@pytest.fixture
def clock_works(db: Database, settings: Settings) -> Callable[[], None]:
    """What the clock does of imports."""
    return lambda: desk_imports.go_on_with_imports(
        Process(db, settings, open_transport(settings), lambda: datetime.now(UTC))
    )


@pytest.fixture
def there(db: Database, settings: Settings) -> None:
    """A reader who is here, and an address that is suppressed."""
    make_subscriber(db, settings, "there@example.org")
    banned = make_subscriber(db, settings, "bad@example.org", SubscriberState.UNSUBSCRIBED)
    with db.writing() as session:
        suppress(session, banned.address_hash, SuppressionReason.BOUNCE, TUESDAY, "a test")


def bring(ada: Browser, text: str = FILE, **fields: str | tuple[BytesIO, str]) -> str:
    """Send a file by the form; returns where its page is."""
    form = {"file": (BytesIO(text.encode()), "readers.csv"), "consent": "I want the digest", **fields}
    answer = ada.send("/desk/subscribers/import", form=form)
    assert answer.status_code == 303, words(answer)
    return answer.location


def outcomes(ada: Browser, at: str) -> dict[str, str]:
    rows = page(ada.open(at)).select("#import-progress > table tbody tr")
    return {cells[0].get_text(" ", strip=True): cells[1].text.strip() for row in rows if (cells := row.select("td"))}


WANTED = {
    "Added, unsubscribed": "2", "Already there, not changed": "3", "Suppressed, not added": "1", "Refused": "1",
    "All rows": "7",
}  # fmt: skip


@pytest.mark.on_both
@pytest.mark.usefixtures("there")
def test_what_trying_counts_is_what_running_does(
    ada: Browser, db: Database, settings: Settings, clock_works: Callable[[], None]
) -> None:
    at = bring(ada)
    assert "Being tried" in words(ada.open(at))
    clock_works()
    assert "nothing is written yet" in words(ada.open(at))
    with db.reading() as session:
        assert sum(count_by_state(session).values()) == 2
    assert outcomes(ada, at) == WANTED
    refused = ada.open(f"{at}/refused.csv").text.splitlines()
    assert refused[0] == "line,reason" and refused[1].startswith("6,") and len(refused) == 2
    ada.send(f"{at}/run")
    clock_works()
    assert "Imported. The file is deleted." in words(ada.open(at))
    assert outcomes(ada, at) == WANTED
    with db.reading() as session:
        assert count_by_state(session) == {"pending": 0, "confirmed": 1, "unsubscribed": 3}
        assert session.query(ConsentRecord).count() == 2
    assert not list((settings.instance_path / "imports").iterdir())
    assert "2 readers from readers.csv" in words(ada.open("/desk/audit"))


@pytest.mark.on_both
def test_an_import_that_was_cut_short_goes_on_behind_what_it_did(
    ada: Browser, clock_works: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batches, "AT_ONCE", 2)
    at = bring(
        ada, "email,state\n" + "".join(f"r{n}@example.org,{'left' if n > 6 else 'confirmed'}\n" for n in range(9))
    )
    clock_works()
    ada.send(f"{at}/run")
    done: list[int] = []
    run_batch = import_batches.import_batch_in

    def dying(*args: object) -> object:
        if len(done) == 3:
            raise SystemExit("killed")
        done.append(1)
        return run_batch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(desk_imports, "import_batch_in", dying)
    with pytest.raises(SystemExit):
        clock_works()
    assert outcomes(ada, at)["All rows"] == "6"
    monkeypatch.setattr(desk_imports, "import_batch_in", run_batch)
    clock_works()
    assert outcomes(ada, at) == {
        "Added, confirmed": "7", "Added, unsubscribed": "2", "Already there, not changed": "0",
        "Suppressed, not added": "0", "Refused": "0", "All rows": "9",
    }  # fmt: skip


def test_an_import_is_called_off_between_two_batches(
    ada: Browser, db: Database, settings: Settings, clock_works: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_batches, "AT_ONCE", 1)
    at = bring(ada, "email\na@example.org\nb@example.org\nc@example.org\n")
    clock_works()
    ada.send(f"{at}/run")
    run_batch = import_batches.import_batch_in

    cancelled: list[int] = []

    def then_cancel(*args: object) -> object:
        monkeypatch.setattr(desk_imports, "import_batch_in", run_batch)
        monkeypatch.setattr(desk_imports, "pause", lambda _: cancelled.append(ada.send(f"{at}/cancel").status_code))
        return run_batch(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(desk_imports, "import_batch_in", then_cancel)
    clock_works()
    assert cancelled == [303]
    assert "what was added before stays" in words(ada.open(at))
    with db.reading() as session:
        assert count_by_state(session)["confirmed"] == 1
    assert not list((settings.instance_path / "imports").iterdir())
    assert "readers.csv, after 1 new reader" in words(ada.open("/desk/audit"))


def test_what_cannot_be_imported_says_so(ada: Browser, clock_works: Callable[[], None]) -> None:
    at = bring(ada, "email,mood\na@example.org,good\n")
    clock_works()
    assert "“mood” is not known" in words(ada.open(at)) and "Columns to leave out" in words(ada.open(at))
    at = bring(ada, "email,mood\na@example.org,good\n", ignored="mood")
    clock_works()
    assert outcomes(ada, at)["Added, confirmed"] == "1"
    at = bring(ada, "email,state\na@example.org,Bavaria\n")
    clock_works()
    ada.send(f"{at}/cancel")
    assert "nothing was written" in words(ada.open(at))
    assert "“Bavaria” is not known" in words(ada.open(at)) and "under “Columns to leave out”" in words(ada.open(at))
    answer = ada.send("/desk/subscribers/import", form={"file": (BytesIO(b"email\n"), "a.csv"), "consent": ""})
    assert answer.status_code == 422 and "The words are missing" in words(answer)
    assert "There is no file" in words(ada.send("/desk/subscribers/import", consent="yes"))


def test_a_file_that_is_gone_is_said(ada: Browser, settings: Settings, clock_works: Callable[[], None]) -> None:
    at = bring(ada)
    [file] = (settings.instance_path / "imports").iterdir()
    file.unlink()
    clock_works()
    assert "The file is no longer there" in words(ada.open(at))


def name_in_another_container() -> str:
    """What a clock is called there whose host and number are ours."""
    program = (
        "import os, sys; os.getpid = lambda: int(sys.argv[1]);"
        "from digest.operations.shared.process_names import process_name; print(process_name())"
    )
    said = subprocess.run([sys.executable, "-c", program, str(os.getpid())], check=True, capture_output=True, text=True)
    return said.stdout.strip()


def test_nobody_takes_an_import_that_another_process_is_at(
    ada: Browser, db: Database, clock_works: Callable[[], None], clock: time_machine.Traveller
) -> None:
    at = bring(ada)
    with db.writing() as session:
        found = session.query(ReaderImport).one()
        found.owner, found.lease_until = name_in_another_container(), datetime.now(UTC) + timedelta(minutes=1)
    clock_works()
    assert "Being tried" in words(ada.open(at))
    clock.move_to(datetime.now(UTC) + timedelta(minutes=2))
    clock_works()
    assert "It was tried" in words(ada.open(at))


def test_files_do_not_stay(ada: Browser, db: Database, settings: Settings, clock_works: Callable[[], None]) -> None:
    at = bring(ada)
    clock_works()
    folder: Path = settings.instance_path / "imports"
    (folder / "stray.csv").write_text("email\n")
    for file in folder.iterdir():
        os.utime(file, (TUESDAY.timestamp(), TUESDAY.timestamp()))
    desk_imports.forget_imports(Context(db, settings, datetime.now(UTC) + timedelta(days=1, minutes=1)))
    assert not list(folder.iterdir())
    assert "nobody said within a day" in words(ada.open(at))
    desk_imports.forget_imports(Context(db, settings, datetime.now(UTC) + timedelta(days=32)))
    assert ada.open(at).status_code == 404


def test_a_clock_that_shall_end_leaves_the_import_to_the_next(
    ada: Browser, db: Database, settings: Settings, clock_works: Callable[[], None]
) -> None:
    at = bring(ada)
    stop = threading.Event()
    stop.set()
    process = Process(db, settings, open_transport(settings), lambda: datetime.now(UTC), stop)
    desk_imports.go_on_with_imports(process)
    assert "Being tried" in words(ada.open(at))
    clock_works()
    assert "It was tried" in words(ada.open(at))


def test_a_file_named_after_those_who_left_is_refused_unless_its_rows_say_where_they_stand(
    ada: Browser, db: Database, clock_works: Callable[[], None]
) -> None:
    at = bring(ada, file=(BytesIO(b"email\nbob@example.org\n"), "unsubscribed.csv"))
    clock_works()
    assert "By its name (“unsubscribed”) it has people who left" in words(ada.open(at))
    with db.reading() as session:
        assert not any(count_by_state(session).values())
