"""The operator brings files as spreadsheets and mail programs write them, and some that are no CSV at all."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from digest.operations.shared.csv_rows import read_table
from digest.storage.base.database import Database
from tests.cli.readers.test_subscribers import Command, all_subscribers
from tests.cli.readers.test_subscribers import command as command

pytestmark = pytest.mark.only_on("sqlite")

ZOE = "E-Mail-Adresse\tVorname\tNachname\r\nzoe@example.org\tZoë\tMüller\r\n"


def zipped(*names: str) -> bytes:
    """An archive with empty files of these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        ZOE.encode("utf-16"),
        b"\xfe\xff" + ZOE.encode("utf-16-be"),
        ZOE.encode("utf-16-le"),
        ZOE.encode("utf-16-be"),
        ZOE.encode("utf-8-sig"),
        ZOE.encode("utf-32"),
        ZOE.encode("cp1252"),
        ZOE.replace("\t", ";").encode(),
        b"sep=;\r\n" + ZOE.replace("\t", ";").encode(),
        b'"sep=|"\r\n' + ZOE.replace("\t", "|").encode(),
        ZOE.replace("\r\n", "\r").encode(),
        b"\r\n\r\n" + ZOE.encode(),
    ],
)
def test_a_file_is_read_however_it_was_saved(command: Command, db: Database, content: bytes) -> None:
    result = command.import_(content)
    assert result.exit_code == 0, result.output
    assert all_subscribers(db)["zoe@example.org"].name == "Zoë Müller"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("E-Mail,Name", "jane@example.net,Jane Doe"),
        ("E-mail address,Full name", "jane@example.net,Jane Doe"),
        ("Email Address,First Name,Last Name", "jane@example.net,Jane,Doe"),
        ("EMAIL,FNAME,LNAME", "jane@example.net,Jane,Doe"),
        ("emailAddress,firstName,lastName", "jane@example.net,Jane,Doe"),
        ("Adresse e-mail,Prénom,Nom", "jane@example.net,Jane,Doe"),
        ("E\u2011Mail,Vorname,Nachname", "jane@example.net,Jane,Doe"),
        ('"Name, Vorname";"E-Mail";"Name"', "x;jane@example.net;Jane Doe"),
        ("Email", "Jane Doe <jane@example.net>"),
        ("Email", '"""Jane Doe"" <jane@example.net>"'),
        ("Email,Name", "Someone <jane@example.net>,Jane Doe"),
        ("Email,Name", "mailto:jane@example.net,Jane Doe"),
        ("Email,Name", "MAILTO:jane@example.net?subject=Hello,Jane Doe"),
        ("Email,Name", 'jane@example.net,"Jane\r\n  Doe"'),
        ("Email,Name", '\u200bjane@example.net\u00a0,"\ufeffJane\u00a0Doe"'),
    ],
)
def test_headers_and_cells_mean_what_they_say(command: Command, db: Database, header: str, row: str) -> None:
    ignore = ["Name, Vorname"] if "Name, Vorname" in header else []
    result = command.import_(f"{header}\n{row}\n", ignore=ignore)
    assert result.exit_code == 0, result.output
    assert all_subscribers(db)["jane@example.net"].name == "Jane Doe"


def test_a_guess_is_said_and_shown(command: Command) -> None:
    result = command.import_("email;name\nalice@example.org;Alice\nzoe@example.org;Zoë\n".encode("cp1252"))
    assert "members.csv is not UTF-8, and is read as Windows-1252." in result.stderr
    assert "Look whether this is right: line 3: zoe@example.org;Zoë\n" in result.stderr
    assert "save it as “CSV UTF-8”" in result.stderr
    assert "Windows-1252" not in command.import_("email;name\nzoe@example.org;Zoë\n").output


def test_at_a_terminal_a_guess_is_asked_about(command: Command, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.cli.shared.import_words._at_a_terminal", lambda: True)
    assert command.import_("email;name\nzoe@example.org;Zoë\n".encode("cp1252")).exit_code == 1
    assert all_subscribers(db) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            zipped("[Content_Types].xml", "xl/workbook.xml"),
            "This is an Excel workbook, not CSV. Open it in a spreadsheet",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512,
            "This is an Excel workbook (.xls), not CSV. Open it in a spreadsheet",
        ),
        (zipped("mimetype", "content.xml"), "This is an OpenDocument spreadsheet, not CSV. Open it in a spreadsheet"),
        (zipped("Index/Document.iwa"), "This is a Numbers spreadsheet, not CSV. Export it from Numbers as CSV"),
        (zipped("subscribed.txt"), "This is a ZIP archive. Unpack it"),
        (b"%PDF-1.7\n", "This is a PDF, not CSV."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is a picture, not CSV."),
        (gzip.compress(b"email\n", mtime=0), "This is packed with gzip. Unpack it"),
        (b"<html><table>", "This is an HTML or XML page, not CSV."),
        (b'{"email": "a@example.org"}', "This is JSON, not CSV."),
        (b"", "It is empty"),
        (b"\xef\xbb\xbf\r\n", "It is empty"),
        (b"\xff\xfe", "It is empty"),
        (b"email\nalice@example.org\nbob@exa\0mple.org\n", "Line 3 holds a NUL byte"),
        (b"email,name\na@example.org,Zo\xc3\xab\nb@example.org,Zo\xeb\n", "It is UTF-8, but for line 3"),
        ("email\nalice@example.org\n".encode("utf-16") + b"\n", "It is UTF-16, but for line"),
        (b"email,name\na@example.org,Zo\x81\n", "neither UTF-8 nor Windows-1252: line 2"),
        (b"sep=;\nname;x\nAlice;y\n", "names no column “email”"),
        (b"sep=;\nemail;name\na@example.org;" + b"x" * 200_000 + b"\n", "Line 3 can’t be read as CSV"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_csv_is_called_what_it_is(command: Command, db: Database, content: bytes, said: str) -> None:
    result = command.import_(content)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"digest: members.csv: {said}") or said in result.stderr
    assert "Traceback" not in result.output
    assert all_subscribers(db) == {}


def test_a_folder_and_a_missing_file_are_named(command: Command, tmp_path: Path) -> None:
    assert "There is no CSV file in it." in command("import", str(tmp_path), "--consent", "x").stderr
    assert "does not exist" in command("import", str(tmp_path / "none.csv"), "--consent", "x").stderr
    os.mkfifo(tmp_path / "pipe.csv")
    assert "It can’t be read twice" in command("import", str(tmp_path / "pipe.csv"), "--consent", "x").stderr


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("alice@example.org <bob@example.org>", "are two addresses"),
        ("alice@example.org;bob@example.org", "can’t be an email address"),
        ("mailto:", "Enter your email address"),
        ("Jane Doe", "can’t be an email address"),
    ],
)
def test_an_address_that_can_not_be_told_is_refused_with_its_line(
    command: Command, db: Database, row: str, said: str
) -> None:
    result = command.import_(f"sep=,\nemail,name\n{row},Jane\n")
    assert result.exit_code == 1
    assert result.stderr.startswith("line 3: ")
    assert said in result.stderr
    assert all_subscribers(db) == {}


def test_a_file_of_many_lines_needs_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    with path.open("w", encoding="utf-16") as file:
        file.write("email;name;status\n")
        file.writelines(f"reader{n}@example.org;Zoë {n};subscribed\n" for n in range(30_000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_table(path, ("email",)).rows()) == 30_000
        assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 3
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('email,note,status\nq1@a.de,"oops,confirmed\nq2@a.de,fine,unsubscribed\nq3@a.de,fine,confirmed\n', 2),
        ('email,note,status\nq1@a.de,fine,confirmed\nq2@a.de,"oops,confirmed\nq3@a.de,"fine",unsubscribed\n', 3),
        ('email,note,status\nq1@a.de,",confirmed\nq2@a.de,fine,unsubscribed\nq3@a.de,",confirmed\n', 2),
        ('sep=;\nnote;email\n"two\nlines";q1@a.de\n5";q2@a.de\n";q3@a.de\nfine;q4@a.de\n', 6),
        ('email,note,city\nq1@a.de,"two\nlines","oops\nq2@a.de,fine,unsubscribed\n', 3),
        ('name,note,email\nAnn,"oops,q1@a.de\nBob,",q2@a.de\n', 2),
        ('email,note\nq1@a.de,"a ""b"" c"\nq2@a.de,"a" b\n', 3),
        ('"email,note\nq1@a.de,fine\nq2@a.de,"fine"\n', 1),
        ('email,note\nq1@a.de,fine\nq2@a.de,"' + "q3@a.de,fine\n" * 20_000, 3),
    ],
)
def test_a_quotation_mark_left_open_loses_nobody(command: Command, db: Database, content: str, line: int) -> None:
    result = command.import_(content)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"digest: members.csv: Line {line} ")
    assert "Nothing was imported." in result.stderr
    assert all_subscribers(db) == {}


def test_a_header_may_stand_on_two_lines(command: Command, db: Database) -> None:
    assert command.import_('"E-Mail","First\nname"\nalice@example.org,Alice\n').exit_code == 0
    assert all_subscribers(db)["alice@example.org"].name == "Alice"


def test_cells_of_several_lines_are_read_as_they_are(command: Command, db: Database) -> None:
    result = command.import_(
        'email,note,status\nq1@a.de,"Wrote to x@a.de, y@a.de\r\nand ""z@a.de"".\n\nBest,\nAnn",confirmed\n'
        'q2@a.de,"{\n  ""email"": ""x@a.de"",\n  ""n"": 1\n}",unsubscribed\nq3@a.de,5" and 6"",\n'
    )
    assert result.exit_code == 0, result.output
    assert [reader.state for reader in all_subscribers(db).values()] == ["unsubscribed", "confirmed", "confirmed"]
