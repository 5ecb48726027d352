"""An answer of listmonk's API that is larger than memory, or none at all."""

from __future__ import annotations

import csv
import json
import tracemalloc
from pathlib import Path

import pytest

from digest.operations.readers.listmonk_answers import listmonk_answer, write_table

MANY = 20_000


def subscriber(number: int) -> dict[str, object]:
    weekly = {"name": "Weekly", "optin": "double", "subscription_status": "confirmed", "note": "] } \\" * 20}
    return {"uuid": f"{number}", "email": f"reader{number}@example.org", "name": "Zoë", "status": "enabled",
            "attribs": {"words": "é" * 200}, "lists": [weekly]}  # fmt: skip


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("indent", [None, 1])
def test_a_large_answer_is_read_within_bounded_memory(tmp_path: Path, indent: int | None) -> None:
    answer = {"data": {"page": 1, "results": [subscriber(each) for each in range(MANY)], "total": MANY}}
    (path := tmp_path / "subscribers.json").write_text(json.dumps(answer, indent=indent, ensure_ascii=False))
    del answer
    tracemalloc.start()
    found = listmonk_answer(path)
    assert found and found.lists == ("Weekly",)
    write_table(found, tmp_path / "table.csv", "")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < path.stat().st_size / 5
    with (tmp_path / "table.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["email"] for row in rows] == [f"reader{each}@example.org" for each in range(MANY)]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"data": {"results": [', '{"data": {"results": [{"uuid": "a"', '{"data": {"results": [1]}}',
        '{"data": {"results": [{"uuid": "a"}]}}', '{"results": [], "data": 1}', '{"data": {"results": []',
        '{"data": {"results": [{"lists": [1]}]}}', '{"data": {"results": [' + "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_none_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "subscribers.json").write_text(text)
    assert listmonk_answer(path) is None
