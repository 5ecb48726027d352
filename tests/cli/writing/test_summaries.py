"""`digest summaries import` and `export`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete

from digest.cli import cli
from digest.config import Settings
from digest.domain.writing.markup import sanitised
from digest.operations.issues.closing import close_issue
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.archive.published import ArchiveQuestion, archive_page
from digest.storage.base.database import Database
from digest.storage.issues.issues import current_issue
from digest.storage.issues.selections import selected_summaries
from digest.storage.running import schema
from digest.storage.writing.publications import Publication, all_publications
from digest.storage.writing.summaries import summary_by_id
from digest.storage.writing.topics import Topic, all_topics
from tests.conftest import TUESDAY
from tests.domain.writing.test_tidying import WORD
from tests.factories import make_issue, make_summary

MARKDOWN = {
    "title": "Court annuls a fine",
    "date": "2024-05-13",
    "publication": "Euractiv",
    "body": "Some *words*.\n\n> Quoted.",
    "sources": [{"url": "https://example.org/story", "title": "The story", "publication": "Euractiv"}],
    "topics": ["Enforcement", "Courts"],
}
HTML = {
    "id": 4350,
    "title": "An old piece",
    "date": "2020-01-15",
    "publication": "Various",
    "body_html": "<p onclick=x>Old &amp; <b>bold</b><script>alert(1)</script></p>",
    "sources": [{"url": "https://example.org/1"}, {"url": "https://www.example.net/2", "title": "Two"}],
    "slug": "an-old_address",
}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], tmp_path: Path, db: Database) -> None:  # noqa: ARG001
    """The command finds the test's installation."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INSTANCE_PATH", str(tmp_path / "instance"))


def _import(tmp_path: Path, *lines: object, select: bool = False) -> Result:
    file = tmp_path / "summaries.jsonl"
    file.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    return CliRunner().invoke(cli, ["summaries", "import", str(file), *(["--select"] if select else [])])


def _export() -> str:
    result = CliRunner().invoke(cli, ["summaries", "export"])
    assert result.exit_code == 0
    return result.output


def _count(db: Database) -> int:
    with db.reading() as session:
        return archive_page(session, ArchiveQuestion(), 1, 1).total


@pytest.mark.on_both
def test_import_publishes_and_keeps_id_and_slug(db: Database, tmp_path: Path) -> None:
    result = _import(tmp_path, HTML, "", MARKDOWN)
    assert (result.exit_code, result.output) == (0, "2 summaries: 2 added, 0 already there.\n")
    with db.reading() as session:
        old, new = summary_by_id(session, 4350), summary_by_id(session, 4351)
        assert old is not None and new is not None
        assert (old.slug, old.body_html) == ("an-old_address", "<p>Old &amp; <b>bold</b></p>")
        assert (new.slug, new.published_on) == ("court-annuls-a-fine", date(2024, 5, 13))
        assert [topic.name for topic in new.topics] == ["Courts", "Enforcement"]


@pytest.mark.only_on("sqlite")
def test_one_is_told_as_one(tmp_path: Path) -> None:
    said = _import(tmp_path, MARKDOWN, select=True).stdout
    assert said.startswith("1 summary: 1 added, 0 already there.\nIt is on the issue of ")


@pytest.mark.only_on("sqlite")
def test_large_counts_are_easy_to_read(tmp_path: Path) -> None:
    many = [{**MARKDOWN, "title": f"Piece {number}"} for number in range(1_001)]
    faulty = _import(tmp_path, *["[]"] * 1_001)
    assert "digest: 1,001 of 1,001 summaries are faulty; nothing was imported. Mend them" in faulty.stderr
    assert _import(tmp_path, *many).stdout == "1,001 summaries: 1,001 added, 0 already there.\n"


@pytest.mark.on_both
def test_a_summary_without_id_keeps_clear_of_those_with_one(db: Database, tmp_path: Path) -> None:
    result = _import(tmp_path, HTML | {"id": 1}, MARKDOWN)
    assert (result.exit_code, result.output) == (0, "2 summaries: 2 added, 0 already there.\n")
    assert make_summary(db) == 3


@pytest.mark.on_both
def test_running_twice_is_harmless(db: Database, tmp_path: Path) -> None:
    _import(tmp_path, HTML, MARKDOWN)
    result = _import(tmp_path, HTML, MARKDOWN)
    assert (result.exit_code, result.output) == (0, "2 summaries: 0 added, 2 already there.\n")
    assert _count(db) == 2


def test_every_faulty_line_is_named_and_nothing_is_imported(db: Database, tmp_path: Path) -> None:
    result = _import(
        tmp_path,
        MARKDOWN,
        "{not json",
        MARKDOWN | {"date": "13 May 2024"},
        MARKDOWN | {"sources": [{"url": "javascript:alert(1)"}]},
        HTML,
        HTML | {"title": "Another under the same id"},
        MARKDOWN | {"topic": ["misspelt key"]},
        MARKDOWN | {"body_html": "<p>both</p>"},
        MARKDOWN | {"id": True},
        MARKDOWN | {"title": 7},
        "[]",
        select=True,
    )
    assert result.exit_code == 1
    named = [line.partition(":")[0] for line in result.stderr.splitlines()]
    assert named[:-1] == [f"line {number}" for number in (2, 3, 4, 6, 7, 8, 9, 10, 11)]
    assert result.stderr.endswith(
        "digest: 9 of 11 summaries are faulty; nothing was imported. Mend them, then run this again.\n"
    )
    assert _count(db) == 0
    with db.reading() as session:
        issue = current_issue(session)
        assert issue is not None and selected_summaries(session, issue.id) == []


@pytest.mark.on_both
def test_id_of_another_summary_is_refused_with_what_differs(db: Database, tmp_path: Path) -> None:
    taken = make_summary(db, "Already here")
    result = _import(tmp_path, MARKDOWN | {"id": taken})
    assert result.exit_code == 1
    assert "belongs to another summary, “Already here” (it differs in title, body" in result.stderr


@pytest.mark.on_both
@pytest.mark.usefixtures("clock")
def test_select_puts_them_on_the_current_issue_in_file_order(db: Database, tmp_path: Path) -> None:
    pieces = [MARKDOWN | {"title": f"Piece {letter}"} for letter in "CABD"]
    _import(tmp_path, pieces[1])
    result = _import(tmp_path, *pieces, select=True)
    assert result.exit_code == 0
    assert "4 summaries: 3 added, 1 already there." in result.output
    assert "All 4 are on the issue of 17 May 2024." in result.output
    with db.reading() as session:
        issue = current_issue(session)
        assert issue is not None
        assert [each.title for each in selected_summaries(session, issue.id)] == [f"Piece {x}" for x in "CABD"]


@pytest.mark.usefixtures("clock")
def test_select_is_refused_while_the_current_issue_is_closed(db: Database, settings: Settings, tmp_path: Path) -> None:
    close_issue(Context(db, settings, TUESDAY), make_issue(db, summary_ids=[make_summary(db)]), "ada")
    result = _import(tmp_path, MARKDOWN, select=True)
    assert isinstance(result.exception, Refused)
    assert "Reopen it on the desk" in str(result.exception)
    assert _count(db) == 1


@pytest.mark.on_both
def test_export_imports_back_without_loss(db: Database, tmp_path: Path) -> None:
    _import(tmp_path, HTML, MARKDOWN, MARKDOWN | {"title": "Ünïcode “quoted”", "sources": [], "topics": []})
    make_summary(db, "A draft", published=False)
    before = _export()
    assert before.count("\n") == 3
    with db.writing() as session:
        for table in reversed(schema.metadata.sorted_tables):
            if table.name != "installation":  # a database is never without the row that the migration makes
                session.execute(delete(table))
    assert _import(tmp_path, *before.splitlines()).exit_code == 0
    assert _export() == before


def test_file_that_is_not_utf8_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "latin.jsonl"
    file.write_bytes('{"title": "caf\xe9"}'.encode("latin-1"))
    result = CliRunner().invoke(cli, ["summaries", "import", str(file)])
    assert result.exit_code == 1
    assert "save it as UTF-8" in result.output


@pytest.mark.only_on("sqlite")
def test_imported_html_reads_as_it_was_meant_and_imports_twice(db: Database, tmp_path: Path) -> None:
    old = HTML | {"body_html": WORD}
    assert _import(tmp_path, old).exit_code == 0
    with db.reading() as session:
        found = summary_by_id(session, 4350)
        assert found is not None
        assert found.body_html == found.body == sanitised(WORD)
    assert _import(tmp_path, old).output == "1 summary: 0 added, 1 already there.\n"
    exported = _export()
    assert _import(tmp_path, exported).output == "1 summary: 0 added, 1 already there.\n"


def test_names_in_any_script_get_slugs_of_their_own(db: Database, tmp_path: Path) -> None:
    names = ["Ελλάδα", "Роскомнадзор", "הרשות", "个人信息", "هيئة", "Ellada", "—", "…"]
    lines = [MARKDOWN | {"title": f"{name} 2024", "publication": name, "topics": [name]} for name in names[:-2]]
    lines += [MARKDOWN | {"title": name * 2 + "x", "publication": name} for name in names[-2:]]
    for said in ("8 added, 0 already there", "0 added, 8 already there"):
        assert said in _import(tmp_path, *lines).output
    with db.reading() as session:
        publications = {each.name: each.slug for each in all_publications(session)}
        topics = {each.name: each.slug for each in all_topics(session)}
    assert publications == {
        "Ελλάδα": "ellada",
        "Роскомнадзор": "roskomnadzor",
        "הרשות": "hrsvt",
        "个人信息": "gerenxinxi",
        "هيئة": "hyih",
        "Ellada": "ellada-2",
        "—": "publication",
        "…": "publication-2",
    }
    assert topics["Роскомнадзор"] == "roskomnadzor"


@pytest.mark.on_both
def test_topics_that_differ_never_share_a_slug(db: Database, tmp_path: Path) -> None:
    names = ["C++", "C#", "Ελλάδα GDPR", "Россия GDPR", "Cookie walls", "cookie-walls"]
    assert "1 added" in _import(tmp_path, MARKDOWN | {"topics": names}).output
    assert "1 already there" in _import(tmp_path, MARKDOWN | {"topics": names}).output
    with db.reading() as session:
        slugs = {each.name: each.slug for each in all_topics(session)}
    assert slugs == {
        "C++": "c", "C#": "c-2", "Ελλάδα GDPR": "gdpr", "Россия GDPR": "gdpr-2", "Cookie walls": "cookie-walls",
    }  # fmt: skip


def test_rows_made_before_keep_their_slugs(db: Database, tmp_path: Path) -> None:
    with db.writing() as session:
        session.add_all([Topic(name="日本 2024", slug="2024"), Publication(name="Ελλάδα", slug="publication")])
    assert "1 added" in _import(tmp_path, MARKDOWN | {"publication": "Ελλάδα", "topics": ["日本 2024"]}).output
    with db.reading() as session:
        assert [each.slug for each in all_publications(session)] == ["publication"]
        assert [each.slug for each in all_topics(session)] == ["2024"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "faulty",
    [
        MARKDOWN | {"body": "[x](https://exa\u00admple.org/)"},
        HTML | {"body_html": '<p><a href="https://exa&#8203;mple.org/">x</a></p>'},
        MARKDOWN | {"sources": [{"url": "https://example.org/\u2066story"}]},
    ],
)
def test_link_with_something_invisible_is_named_with_its_line_and_nothing_is_imported(
    faulty: dict[str, object], db: Database, tmp_path: Path
) -> None:
    result = _import(tmp_path, MARKDOWN | {"title": "A good one"}, faulty)
    assert result.exit_code != 0
    assert "line 2" in result.stderr.lower()
    assert "has an invisible character in it" in result.stderr
    assert _count(db) == 0
