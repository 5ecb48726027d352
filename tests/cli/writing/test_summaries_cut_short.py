"""`digest summaries import` killed, cut short, doubled: run again, it does what is left, and nothing is there twice."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from digest.config import Settings
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from digest.storage.issues.selections import selected_summaries
from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import SourceLink, Summary
from digest.storage.writing.topics import summary_topics
from tests.cli.forked import Forked
from tests.cli.shell import Shell

LINES = 2_000
"""More than one transaction takes, and enough for several processes to read."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of summaries, every other one with its id."""
    file = tmp_path / "archive.jsonl"
    with file.open("w") as lines:
        for number in range(LINES):
            summary = {
                "title": f"Decision {number}", "date": f"2021-{number % 12 + 1:02}-15",
                "publication": f"Authority {number % 40}", "body": "What it decided.", "topics": ["Fines"],
                "sources": [{"url": f"https://example.org/{number}"}],
            }  # fmt: skip
            lines.write(json.dumps(summary | ({"id": 5_000 + number} if number % 2 else {})) + "\n")
    return file


@pytest.fixture
def stranger(db: Database, settings: Settings) -> Iterator[Database]:  # noqa: ARG001
    """Another program on the same database."""
    with closing(Database(settings.database_url)) as database:
        yield database


def stored(db: Database) -> tuple[int, int, int, int]:
    """How many summaries, source links, topics on summaries and publications there are."""
    with db.reading() as session:
        tables = (Summary, SourceLink, summary_topics, Publication)
        counts = [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
    return counts[0], counts[1], counts[2], counts[3]


def some_are_stored(db: Database) -> bool:
    """Whether the first of them are there: asked so quickly that the last ones are not yet."""
    with db.reading() as session:
        return session.execute(text("SELECT 1 FROM summaries LIMIT 1")).first() is not None


def wait_until(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < until, "it takes too long"
        time.sleep(0.005)


@contextmanager
def writing_is_held_up(stranger: Database) -> Iterator[None]:
    """Nobody can store a summary: on SQLite whoever writes holds all up, on PostgreSQL whoever locks the table."""
    with stranger.writing() as session:
        is_postgresql = stranger.engine.dialect.name == "postgresql"
        # A transaction begins with its first statement, and takes SQLite's lock then.
        session.execute(text("LOCK TABLE summaries IN SHARE MODE" if is_postgresql else "SELECT 1"))
        yield


def kill_when(importing: Forked, db: Database, at_least: int) -> int:
    """Kill it once so many summaries are there; returns how many are."""
    while importing.poll() is None:
        if stored(db)[0] >= at_least:
            importing.kill()
            importing.wait()
            return stored(db)[0]
        time.sleep(0.005)
    raise AssertionError("it was done before")


def finish(shell: Shell, db: Database, archive: Path, *words: str) -> str:
    status, said, _ = shell.run("summaries", "import", str(archive), *words)
    assert status == 0
    assert stored(db) == (LINES, LINES, LINES, 40)
    return said


@pytest.mark.on_both
def test_killed_while_it_writes_it_is_finished_by_running_it_again(shell: Shell, db: Database, archive: Path) -> None:
    with shell.start("summaries", "import", str(archive)) as importing:
        there = kill_when(importing, db, 1)
    assert 1 <= there < LINES
    said = finish(shell, db, archive)
    assert said == f"{LINES:,} summaries: {LINES - there:,} added, {there:,} already there.\n"


@pytest.mark.only_on("sqlite")
def test_killed_while_it_reads_it_leaves_nothing(shell: Shell, db: Database, tmp_path: Path, archive: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with shell.start("summaries", "import", str(pipe)) as importing, pipe.open("w") as lines:
        lines.write(archive.read_text())
        lines.flush()
        workers = Path(f"/proc/{importing.pid}/task/{importing.pid}/children")
        wait_until(lambda: bool(workers.read_text().split()))
        children = workers.read_text().split()
        importing.kill()
        importing.wait()
        wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    assert stored(db) == (0, 0, 0, 0)
    finish(shell, db, archive)


def test_selected_ones_go_on_the_issue_at_the_end_in_file_order(shell: Shell, db: Database, archive: Path) -> None:
    with shell.start("summaries", "import", str(archive), "--select") as importing:
        kill_when(importing, db, 1)
    with db.reading() as session:
        issue = current_issue(session)
        assert issue is not None and selected_summaries(session, issue.id) == []
    finish(shell, db, archive, "--select")
    with db.reading() as session:
        on_it = [summary.title for summary in selected_summaries(session, issue.id)]
    assert on_it == [f"Decision {number}" for number in range(LINES)]


@pytest.mark.only_on("sqlite")
def test_ctrl_c_says_that_running_it_again_goes_on(shell: Shell, db: Database, archive: Path) -> None:
    with shell.start("summaries", "import", str(archive)) as importing:
        wait_until(lambda: some_are_stored(db))
        importing.send_signal(signal.SIGINT)
        _, said = importing.communicate(timeout=30)
    assert importing.returncode == 1
    assert said == "digest: Ended before it was done. Run this again: it does what is left.\n"
    finish(shell, db, archive)


def test_database_that_takes_no_more_is_told_with_what_is_there(shell: Shell, db: Database, archive: Path) -> None:
    with db.writing() as session:
        for statement in _REFUSING[db.engine.dialect.name]:
            session.execute(text(statement))
    status, _, said = shell.run("summaries", "import", str(archive))
    there = stored(db)[0]
    assert (status, 0 < there <= 700) == (1, True)
    assert (f"digest: {there:,} of {LINES:,} new summaries were added, then the database took no more (") in said
    assert said.endswith("Run this again: it adds what is left.\n")


@pytest.mark.on_both
def test_second_import_at_the_same_time_is_refused(
    shell: Shell, db: Database, stranger: Database, archive: Path
) -> None:
    with writing_is_held_up(stranger):
        both = [shell.start("summaries", "import", str(archive)) for _ in range(2)]
        wait_until(lambda: any(each.poll() is not None for each in both))
    ended = {each.returncode: said for each, (_, said) in [(each, each.communicate(timeout=30)) for each in both]}
    assert ended == {
        0: "",
        4: "digest: Another import of summaries is running here. Wait for its end, then run this again.\n",
    }
    assert stored(db)[0] == LINES


@pytest.mark.on_both
def test_what_an_editor_writes_meanwhile_takes_no_id_of_the_file(
    shell: Shell, db: Database, stranger: Database, archive: Path
) -> None:
    with shell.start("summaries", "import", str(archive)) as importing:
        wait_until(lambda: stored(db)[0] > 0)
        with stranger.writing() as session:
            theirs = Summary(
                title="Written meanwhile", slug="meanwhile", body="", body_html="", version=1,
                **{name: session.get(Summary, 5_001).__dict__[name] for name in _SHARED},
            )  # fmt: skip
            session.add(theirs)
        assert importing.wait() == 0
    assert theirs.id > 5_000 + LINES - 1
    assert stored(db)[0] == LINES + 1


@pytest.mark.only_on("sqlite")
def test_a_dash_is_standard_input(shell: Shell, db: Database, archive: Path) -> None:
    words = [sys.executable, "-m", "digest.cli", "summaries", "import", "-"]
    with archive.open() as lines:
        done = subprocess.run(words, env=shell.environ, stdin=lines, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"{LINES:,} summaries: {LINES:,} added, 0 already there.\n",
        "",
    )
    assert stored(db)[0] == LINES


@pytest.mark.only_on("sqlite")
def test_without_room_for_the_lines_nothing_is_imported_and_the_remedy_is_named(
    shell: Shell, db: Database, tmp_path: Path
) -> None:
    file = tmp_path / "long.jsonl"
    long = {"date": "2021-01-15", "publication": "Authority", "body": "word " * 9_900}
    file.write_text("".join(json.dumps(long | {"title": f"Long {number}"}) + "\n" for number in range(150)))
    words = f"ulimit -f 3000; exec {sys.executable} -m digest.cli summaries import {file}"
    done = subprocess.run(["bash", "-c", words], env=shell.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, stored(db)[0]) == (1, 0)
    assert done.stderr.startswith("digest: The temporary file for the lines can’t be written (")
    assert "set TMPDIR to a folder with room" in done.stderr


@pytest.mark.only_on("sqlite")
def test_a_terminal_is_shown_how_far_it_is(shell: Shell, archive: Path, db: Database) -> None:  # noqa: ARG001
    ours, its = pty.openpty()
    words = [sys.executable, "-m", "digest.cli", "summaries", "import", str(archive)]
    drawn: list[bytes] = []

    def watch() -> None:
        while not drawn or b"2,000 of 2,000\r\n" not in b"".join(drawn):
            drawn.append(os.read(ours, 4096))

    watching = threading.Thread(target=watch)
    watching.start()
    subprocess.run(words, env=shell.environ, stdout=subprocess.DEVNULL, stderr=its, check=True)
    watching.join(10)
    os.close(its)
    os.close(ours)
    shown = b"".join(drawn).decode()
    assert "\r2,000 lines read" in shown
    assert shown.endswith("█ 2,000 of 2,000\r\n")


_SHARED = ("publication_id", "published_on", "created_at", "updated_at", "published_at")
_REFUSING = {
    "sqlite": [
        "CREATE TRIGGER full_up BEFORE INSERT ON summaries WHEN new.title = 'Decision 700' "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full'; END $$",
        "CREATE TRIGGER full_up BEFORE INSERT ON summaries FOR EACH ROW WHEN (NEW.title = 'Decision 700') "
        "EXECUTE FUNCTION full_up()",
    ],
}
