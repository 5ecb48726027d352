"""`digest issues import` and `export`: an archive of past issues moves in, and nothing of it is ever sent."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from digest.cli import cli
from digest.config import Settings
from digest.mail.transports import open_transport
from digest.operations.issues.composing import content_of
from digest.operations.running.tick import tick
from digest.operations.shared.context import Context, Process
from digest.operations.shared.fault_log import FaultLog
from digest.operations.writing.ending import withdraw
from digest.storage.base.database import Database
from digest.storage.issues.issues import Issue, current_issue, issue_on, latest_frozen_issue
from digest.storage.sending.deliveries import Delivery
from tests.conftest import TUESDAY
from tests.factories import make_issue, make_subscriber, make_summary
from tests.web.archive.past import attribute, headlines, page_at, words


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], tmp_path: Path, db: Database) -> None:  # noqa: ARG001
    """The command finds the test's installation."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path / "instance"))


def bring_in(tmp_path: Path, *lines: object) -> Result:
    file = tmp_path / "issues.jsonl"
    file.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    return CliRunner().invoke(cli, ["issues", "import", str(file)])


def test_a_past_issue_is_to_be_read_and_nothing_is_sent(
    tmp_path: Path, client: FlaskClient, db: Database, settings: Settings
) -> None:
    reader, keys = make_subscriber(db, settings), [make_summary(db, f"Story {n}") for n in range(3)]
    line = {"date": "2023-03-03", "number": 150, "subject": "Old news", "introduction": "*Hello*.", "summaries": keys}
    assert bring_in(tmp_path, line, {"date": "2023-03-10", "summaries": keys[:1]}).output == (
        "2 issues: 2 added, 0 already there.\nThe next issue will be number 152.\n"
    )
    page = page_at(client, "/issues/2023-03-03")
    assert (words(page, "h1"), words(page, ".topic-label"), words(page, ".lede em")) == (
        "Old news",
        "Issue 150",
        "Hello",
    )
    assert headlines(page) == ["Story 0", "Story 1", "Story 2"]
    assert attribute(page, '[rel="next"]', "href") == "/issues/2023-03-10"
    assert words(page_at(client, "/issues/2023-03-10"), ".topic-label") == "Issue 151", "counted on from there"
    assert "Friday 10 March 2023" in page_at(client, f"/news/euractiv/story-0/{keys[0]}").get_text()
    assert page_at(client, "/").select('a[href="/issues/2023-03-10"]'), "the last one to be read"
    tick(Process(db, settings, open_transport(settings), lambda: TUESDAY), FaultLog())
    with db.reading() as session:
        assert session.query(Delivery).count() == 0
        assert latest_frozen_issue(session) is None, "no account is made of it"
        coming = current_issue(session)
        assert coming and content_of(session, settings, coming).number == 152
    assert reader


def test_what_is_exported_comes_in_again_and_changes_nothing(tmp_path: Path, db: Database) -> None:
    keys = [make_summary(db), make_summary(db)]
    line = {"date": "2023-03-03", "number": 7, "subject": "S", "introduction": "I", "by_topic": True, "summaries": keys}
    assert bring_in(tmp_path, line).exit_code == 0
    exported = CliRunner().invoke(cli, ["issues", "export"]).output
    assert json.loads(exported) == line
    assert bring_in(tmp_path, exported.strip()).output.startswith("1 issue: 0 added, 1 already there.\n")


def test_what_was_withdrawn_names_no_issue_here_nor_where_it_is_taken_along(
    tmp_path: Path, client: FlaskClient, db: Database, settings: Settings
) -> None:
    libel, other = make_summary(db, "Acme stole: a libel"), make_summary(db, "Another")
    lines: list[dict[str, object]] = [
        {"date": "2023-03-03", "subject": "This week: “ACME stole – a libel”", "summaries": [libel]},
        {
            "date": "2023-03-10",
            "subject": "Acme",
            "preheader": "Acme stole: a libel · More",
            "summaries": [other, libel],
        },
    ]
    assert bring_in(tmp_path, *lines).exit_code == 0
    withdraw(Context(db, settings, TUESDAY), libel, "Acme was never charged.", "alice@digest.test")
    for path in ("/issues", "/issues/2023-03-03", "/issues/2023-03-10"):
        assert "libel" not in client.get(path).text
    assert headlines(page_at(client, "/issues")) == ["Acme", "A withdrawn summary"]
    exported = CliRunner().invoke(cli, ["issues", "export"]).output.splitlines()
    assert [json.loads(line) for line in exported] == [
        {"date": "2023-03-03", "number": 1, "summaries": []},
        {"date": "2023-03-10", "number": 2, "subject": "Acme", "summaries": [other]},
    ]
    assert bring_in(tmp_path, *exported).output.startswith("2 issues: 0 added, 2 already there.\n")
    with db.writing() as session:
        session.query(Issue).filter(Issue.imported_at.is_not(None)).delete()
    assert bring_in(tmp_path, *exported).output.startswith("2 issues: 2 added, 0 already there.\n")
    assert words(page_at(client, "/issues/2023-03-03"), "h1") == "Issue of 3 March 2023"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not a JSON object"),
        ({"date": "17/05/2024", "summaries": [1]}, "write it like 2024-05-17"),
        ({"date": "2999-01-01", "summaries": [1]}, "still to come"),
        ({"date": "2023-03-03", "summaries": [1, 4711]}, "summary 4711 is not in the archive"),
        ({"date": "2023-03-03"}, "a list of the ids"),
        ({"date": "2023-03-03", "summaries": [1], "sent_to": 3}, "it has sent_to; known are"),
        ({"date": "2023-03-10", "summaries": [1]}, "line 1 has an issue of 10 March 2023 too"),
        ({"date": "2023-03-17", "summaries": [1]}, "the desk has an issue of 17 March 2023 (open)"),
    ],
)
def test_one_faulty_line_and_nothing_is_imported(tmp_path: Path, db: Database, line: object, reason: str) -> None:
    make_summary(db)
    make_issue(db, date(2023, 3, 17))
    said = bring_in(tmp_path, {"date": "2023-03-10", "summaries": [1]}, line)
    assert said.exit_code == 1
    assert "line 2: " in said.output and reason in said.output
    with db.reading() as session:
        assert issue_on(session, date(2023, 3, 10)) is None


def test_numbers_rise_with_the_dates(tmp_path: Path, db: Database) -> None:
    keys = [make_summary(db)]

    def issue(day: str, number: int | None = None) -> dict[str, object]:
        return {"date": day, "summaries": keys} | ({"number": number} if number else {})

    def refused(*lines: object) -> list[str]:
        said = bring_in(tmp_path, *lines).output.splitlines()
        assert "nothing was imported" in said.pop()
        return said

    rise = "numbers must rise with the dates, and "
    mend = ". Mend the number, or take the line out"
    assert refused(issue("2023-03-10", 7), issue("2023-03-03", 7), issue("2023-03-17", 3)) == [
        f"line 1: {rise}7 on 10 March 2023 comes behind 7 on 3 March 2023{mend}",
        f"line 3: {rise}3 on 17 March 2023 comes behind 7 on 10 March 2023{mend}",
    ]
    assert bring_in(tmp_path, issue("2023-03-10", 2)).output.endswith("The next issue will be number 3.\n")
    assert refused(issue("2023-02-24", 1), issue("2023-03-03")) == [
        f"line 2: {rise}2 on 10 March 2023 comes behind 2 on 3 March 2023. "
        "Give it a number below 2, or take the line out"
    ]
    make_issue(db, date(2023, 3, 24))
    assert bring_in(tmp_path, issue("2023-03-03", 1), issue("2023-03-17", 9)).output.endswith("will be number 10.\n")


def test_an_issue_that_is_here_with_other_summaries_stays_and_is_told(tmp_path: Path, db: Database) -> None:
    keys = [make_summary(db), make_summary(db)]
    bring_in(tmp_path, {"date": "2023-03-10", "summaries": keys})
    said = bring_in(tmp_path, {"date": "2023-03-10", "summaries": keys[:1]})
    assert "is here already, with other summaries" in said.output


def test_five_hundred_issues_come_in_within_seconds(tmp_path: Path, db: Database) -> None:
    keys = [make_summary(db, f"Story {n}") for n in range(20)]
    lines = [{"date": str(date(2014, 5, 2) + timedelta(weeks=n)), "summaries": keys[:8]} for n in range(500)]
    began = time.process_time()
    assert bring_in(tmp_path, *lines).output.startswith("500 issues: 500 added, 0 already there.\n")
    assert time.process_time() - began < 15
