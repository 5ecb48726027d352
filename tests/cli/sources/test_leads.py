"""`digest leads import` and `list`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import Shell

FINE = {
    "guid": "1",
    "url": "https://example.org/fine",
    "title": "Regulator fines Acme two million for its cookie banner",
    "lede": "The regulator said Acme had tracked readers without asking.",
    "publication": "Gazette",
    "published_at": "2024-05-13T08:00:00Z",
}
SAME = FINE | {
    "guid": "2",
    "url": "https://example.com/acme",
    "title": "Acme fined two million over cookie banner",
    "lede": "Acme tracked readers without asking, said the regulator as it fined the company.",
    "published_at": "2024-05-13T10:00:00+02:00",
}
OTHER = FINE | {"guid": "3", "url": "", "title": "Court hears case on face recognition in stations", "lede": ""}


def file_of(tmp_path: Path, *rows: dict[str, Any] | str) -> str:
    path = tmp_path / "leads.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return str(path)


def listed(shell: Shell, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shell.run("leads", "list", "--json", *options)[1].splitlines()]


@pytest.mark.usefixtures("db")
@pytest.mark.on_both
def test_leads_come_in_once_and_are_listed_with_their_stories(shell: Shell, tmp_path: Path) -> None:
    path = file_of(tmp_path, FINE, OTHER, SAME)
    assert "3 leads: 3 added, 0 already there." in shell.run("leads", "import", path)[1]
    assert "3 leads: 0 added, 3 already there." in shell.run("leads", "import", path)[1]
    by_guid = {lead["guid"]: lead for lead in listed(shell, "--all")}
    fine = by_guid["1"]
    assert fine == {
        "id": fine["id"],
        "guid": "1",
        "url": "https://example.org/fine",
        "title": FINE["title"],
        "publication": "Gazette",
        "published_at": "2024-05-13T08:00:00Z",
        "state": "new",
        "story": fine["story"],
        "near": [],
        "resembles": [],
        "linked_in": None,
        "by": None,
    }
    assert fine["story"] == by_guid["2"]["story"] != by_guid["3"]["story"]
    assert "Acme fined two million over cookie banner" in shell.run("leads", "list")[1]


@pytest.mark.usefixtures("db")
def test_a_faulty_line_is_named_and_nothing_is_imported(shell: Shell, tmp_path: Path) -> None:
    path = file_of(tmp_path, FINE, "no", SAME | {"published_at": "yesterday"}, OTHER | {"title": ""})
    status, _, said = shell.run("leads", "import", path)
    assert status == 1
    assert "line 2: not a JSON object" in said
    assert "line 3: published_at “yesterday”: write it like 2024-05-15T08:30:00Z" in said
    assert "line 4: title is missing" in said
    assert listed(shell, "--all") == []


@pytest.mark.usefixtures("db")
@pytest.mark.on_both
def test_what_no_database_takes_is_left_out_of_a_lead(shell: Shell, tmp_path: Path) -> None:
    odd = FINE | {"guid": "a\0b", "title": "A\0 fine", "lede": "\0", "publication": "Gaz\0ette"}
    assert "1 lead: 1 added" in shell.run("leads", "import", file_of(tmp_path, odd))[1]
    [lead] = listed(shell)
    assert (lead["guid"], lead["title"], lead["publication"]) == ("ab", "A fine", "Gazette")
