"""A table in plain text: columns where they fit, else each row as a few lines."""

from __future__ import annotations

from digest.mail.message.wrapping import wrap

_GAP = "  "


def as_columns(rows: list[list[str]], width: int) -> list[str]:
    """The lines of a table no wider than `width` characters; the first row is taken as its header."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    columns = max(map(len, rows))
    filled = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(len(row[column]) for row in filled) for column in range(columns)]
    if sum(widths) + len(_GAP) * (columns - 1) > width:
        return _one_by_one(filled, width)
    lines = [_GAP.join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in filled]
    return [lines[0], _GAP.join("-" * wide for wide in widths), *lines[1:]] if len(lines) > 1 else lines


def _one_by_one(rows: list[list[str]], width: int) -> list[str]:
    """Each row as lines that begin with their column's name, with an empty line between two rows."""
    header, *others = rows
    lines: list[str] = []
    for row in others or [header]:
        lines += [""] if lines else []
        for name, cell in zip(header if others else [""] * len(row), row, strict=True):
            if cell:
                lines += wrap(f"{name}: {cell}" if name else cell, "", "  ", width).split("\n")
    return lines
