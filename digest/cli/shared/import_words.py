"""What became of an import's rows, in words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from digest.cli.shared.failing import Failed
from digest.cli.shared.output import counted
from digest.operations.shared.csv_rows import Table
from digest.operations.shared.refusal import Refused

IGNORE = click.option(
    "--ignore",
    "ignored",
    metavar="COLUMN",
    multiple=True,
    help="Leave this column out; may be given several times. A column that isn’t known stops the import.",
)


@contextmanager
def as_named(path: Path) -> Iterator[None]:
    """What is refused of this file or folder fails with its name before it."""
    try:
        yield
    except Refused as refusal:
        raise Failed(f"{path.name}: {refusal}") from None


def opened(path: Path, ignored: Collection[str], opening: Callable[[Path, Collection[str]], Table]) -> Table:
    """The table in this file, once it is sure that it can be imported; says what was guessed and what is left out."""
    with as_named(path):
        table = opening(path, ignored)
    if table.ignored:
        names = ", ".join(f"“{name}”" for name in table.ignored)
        click.echo(f"{path.name}: {names} may say who left, and is ignored, as you asked.", err=True)
    if table.file.example:
        click.echo(guessed(path.name, table.file.example), err=True)
        if _at_a_terminal():
            click.confirm("Go on?", abort=True)
    return table


def guessed(name: str, example: str) -> str:
    """That a file is read as Windows-1252 for want of anything better, with a line that shows whether that is right."""
    return (
        f"{name} is not UTF-8, and is read as Windows-1252. Look whether this is right: {example}\n"
        "If it is not, save it as “CSV UTF-8”; what was imported with wrong letters stays so."
    )


def added_in_words(counts: Mapping[str, int]) -> str:
    """`12,345 added (12,000 confirmed, 345 pending)`, the most frequent first; `0 added` where none was."""
    often = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    parts = ", ".join(f"{count:,} {word}" for word, count in often if count)
    return f"{sum(counts.values()):,} added" + (f" ({parts})" if parts else "")


def banned_in_words(counts: Mapping[str, int]) -> str:
    """`4 addresses are suppressed, too (3 bounce, 1 complaint).`"""
    total, parts = sum(counts.values()), ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items()))
    return f"{counted(total, 'address', 'addresses')} {'is' if total == 1 else 'are'} suppressed, too ({parts})."


def stated_otherwise(count: int) -> str:
    """That so many rows had another state in the file, which was not taken over."""
    has, keep = ("has", "it keeps") if count == 1 else ("have", "they keep")
    return f"Of those already there, {count:,} {has} another state in the file than here; {keep} the one here."


def undated_in_words(count: int, first: int) -> str:
    """That so many rows tell when it was in a way that can't be read; `first` is the line of the first of them."""
    if count == 1:
        return f"The date in line {first} can’t be read, so now stands in for it. Write it like 2024-05-15."
    return (
        f"The dates of {count:,} rows can’t be read (the first in line {first}), so now stands in for them. "
        "Write them like 2024-05-15."
    )


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()
