"""`digest subscribers import`: bring readers in from a file, or see what would become of its rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from shutil import get_terminal_size

import click

from digest.cli.shared.import_words import (
    IGNORE,
    added_in_words,
    as_named,
    banned_in_words,
    opened,
    stated_otherwise,
    undated_in_words,
)
from digest.cli.shared.installation import installation
from digest.cli.shared.output import TerminalLine, bar_line, counted
from digest.cli.shared.parameters import CONSENTS
from digest.domain.people.acts import Act
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND
from digest.operations.readers.import_batches import ImportedSubscribers, Round
from digest.operations.readers.import_tally import ImportTally
from digest.operations.readers.reader_archives import reader_files
from digest.operations.readers.subscriber_files import import_subscribers, subscriber_table, try_subscribers
from digest.operations.shared.context import Context
from digest.operations.shared.csv_rows import Table
from digest.operations.shared.former_senders import BY_NAME
from digest.storage.readers.tried_addresses import TriedAddresses


@click.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--consent",
    type=CONSENTS,
    required=True,
    help="The words that these readers agreed to, for example “I want the weekly digest by email”; kept with each.",
)
@click.option(
    "--from",
    "sender",
    type=click.Choice(list(BY_NAME)),
    default=None,
    help="Whose export it is, where its columns don’t tell.",
)
@click.option("--list", "mailing_list", default="", help="Which of listmonk’s lists has these readers.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would become of each row.")
@IGNORE
def import_(
    file: Path, consent: str, sender: str | None, mailing_list: str, dry_run: bool, ignored: tuple[str, ...]
) -> None:
    """Add the readers in FILE.

    FILE is CSV with a header row, or a service’s export as it is: a ZIP archive, or a folder.

    \b
    Columns: email; and any of name, state (confirmed, pending, unsubscribed),
    topics (separated by ; or ,), confirmed_at, unsubscribed_at (ISO), source.
    A row without a state is confirmed: at confirmed_at, else now.

    Columns and words of other senders are understood, too: who left, bounced or complained there is out here, who
    never confirmed there is not confirmed here. An empty cell where others say yes or no is no yes: its row is refused.
    A column that is not known stops the import; --ignore leaves it out.

    Good rows are added, the others reported; the exit status is 1 if any was refused. Readers whom we know already
    stay as they are, so nobody who left comes back. Nobody is mailed by it. Run again after an interruption, it does
    what is left. With --dry-run nothing is written: it says what would become of each row.
    """
    context = installation().context()
    opening = partial(subscriber_table, sender=sender or "")
    with as_named(file), reader_files(file, sender or "", mailing_list) as found, TriedAddresses() as tried:
        if found.left_out:
            left = ", ".join(found.left_out)
            click.echo(f"{file.name}: left out, since it is no table of readers: {left}.", err=True)
        tables = [opened(each, ignored, opening) for each in found.files]
        if dry_run:
            click.echo("Nothing is written. This is what would become of the rows:")
            importing = partial(try_subscribers, context, tried=tried)
        else:
            importing = partial(import_subscribers, context, consent=consent)
        refused = 0
        for table, tally in _imported(tables, importing):
            _tell(tally, table)
            refused += tally.refused
            if not dry_run:
                _note(context, tally, table)
    if refused:
        sys.exit(1)


def _imported(
    tables: Sequence[Table], importing: Callable[..., Iterator[ImportedSubscribers]]
) -> Iterator[tuple[Table, ImportTally]]:
    """Each table with what became of its rows, once it is done: who left by any of them has left before others come."""
    where = "{}, line" if len(tables) > 1 else "line"
    begun = [_summed(importing(table=table, rounds=[Round.LEFT]), ImportTally(), table, where) for table in tables]
    for table, tally in zip(tables, begun, strict=True):
        yield table, _summed(importing(table=table, rounds=[Round.OTHERS]), tally, table, where)


def _summed(parts: Iterator[ImportedSubscribers], tally: ImportTally, table: Table, where: str) -> ImportTally:
    """The sum, with each refusal said as it comes, and on a terminal how far it is; `where` stands before a line."""
    line, drawn = TerminalLine(), sys.stderr.isatty()
    for part in parts:
        for refusal in part.refused:
            click.echo(f"{where.format(table.called)} {refusal.line}: {refusal.reason}", err=True)
        tally = tally.plus(part)
        if drawn:
            line.draw(bar_line(tally.rows, max(table.lines, tally.rows), 0, get_terminal_size().columns))
    line.end()
    return tally


def _tell(tally: ImportTally, table: Table) -> None:
    told = f"{table.called}, {table.sender.shown}: " if table.sender else ""
    click.echo(
        f"{told}{counted(tally.rows, 'row')}: {added_in_words(tally.added)}, {tally.already_there:,} already there, "
        f"{tally.suppressed:,} suppressed, {tally.refused:,} refused."
    )
    if tally.banned:
        click.echo(banned_in_words(tally.banned))
    if tally.stated_otherwise:
        click.echo(stated_otherwise(tally.stated_otherwise))
    if tally.undated:
        click.echo(undated_in_words(tally.undated, tally.first_undated))


def _note(context: Context, tally: ImportTally, table: Table) -> None:
    about = f"{counted(tally.added_in_all, 'reader')} from {table.called}"
    audit.note_alone(context, THE_COMMAND, Act.IMPORTED, about)
