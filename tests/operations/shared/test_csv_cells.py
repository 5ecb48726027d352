"""Cells that a spreadsheet never runs, however it splits them, and that come back as they were."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.operations.shared.csv_cells import as_csv, guarded, unguarded

TRICKY = "'\"=+-@＝＋－＠;,\t\r\n \u00a0\u200b\ufeffa0"
CELLS = st.lists(st.sampled_from(TRICKY) | st.characters(codec="utf-8"), max_size=8).map("".join)
FORMULA = re.compile(r"[\s\"\x00-\x20\u200b\ufeff]*[=+\-@＝＋－＠]")


@settings(deadline=None)
@given(CELLS)
def test_a_cell_comes_back_as_it_was(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=4), st.sampled_from(",;\t"))
def test_no_cell_is_a_formula_whatever_the_separator(rows: list[list[str]], separator: str) -> None:
    written = "".join(as_csv(rows))
    for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
        assert not [cell for cell in row if FORMULA.match(cell)]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("550 no;=HYPERLINK(1)", "550 no;'=HYPERLINK(1)"),
        ("550 no; \u00a0=1", "550 no;' \u00a0=1"),
        ("a\t-1", "a\t'-1"),
        ("a\r\n@SUM(1)", "a\r\n'@SUM(1)"),
        ("\n=1", "'\n'=1"),
        ("\tplain", "'\tplain"),
        ("＝1", "'＝1"),
        ("\u200b+1", "'\u200b+1"),
        ("'=1", "''=1"),
        ("Smith, Alice; 2024-05-14, a+b@example.org", "Smith, Alice; 2024-05-14, a+b@example.org"),
        ("O'Hara - Smith", "O'Hara - Smith"),
    ],
)
def test_apostrophes_stand_where_a_formula_would_begin_and_nowhere_else(cell: str, written: str) -> None:
    assert guarded(cell) == written
