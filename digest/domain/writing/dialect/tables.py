"""Tables as GitHub writes them, with two differences: no cell is left out, and a column's side is said by `align`."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, getLine, table
from markdown_it.token import Token

_MOST_COLUMNS = 100
"""What has more is no table that anybody could read: each short row would be filled up with empty cells."""


def teach(parser: MarkdownIt) -> None:
    """Put these rules into a parser."""
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    first = len(state.tokens)
    if getLine(state, start).count("|") > _MOST_COLUMNS + 1 or not table(state, start, end, silent):
        return False
    row: list[Token] = []
    for token in state.tokens[first:]:
        if token.type in ("th_open", "td_open"):
            _by_align(token)
        elif token.type == "inline":
            row.append(token)
        elif token.type == "tr_close":
            _add_rest(state, row)
            row = []
    return True


def _by_align(cell: Token) -> None:
    """Mail clients and our sanitiser keep `align`; a style they may not."""
    style = str(cell.attrs.pop("style", ""))
    if style:
        cell.attrs["align"] = style.removeprefix("text-align:")


def _add_rest(state: StateBlock, row: list[Token]) -> None:
    """What a row has beyond the header's columns, GitHub leaves out; here it stays in the last cell."""
    where = row[-1].map
    if where is None:
        return
    cells = [cell.strip() for cell in escapedSplit(getLine(state, where[0]).strip())]
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    row[-1].content = " | ".join([row[-1].content, *cells[len(row) :]])
