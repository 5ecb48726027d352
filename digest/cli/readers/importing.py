"""`digest subscribers import`: bring readers in from a CSV file, or see what would become of its rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import get_terminal_size

import click

from digest.cli.shared.import_words import (
    IGNORE,
    added_in_words,
    banned_in_words,
    opened,
    stated_otherwise,
    undated_in_words,
)
from digest.cli.shared.installation import installation
from digest.cli.shared.output import TerminalLine, bar_line, counted
from digest.domain.people.acts import Act
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND
from digest.operations.readers.import_batches import ImportedSubscribers
from digest.operations.readers.import_tally import ImportTally
from digest.operations.readers.subscriber_files import import_subscribers, subscriber_table, try_subscribers


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--consent",
    required=True,
    help="The words that these readers agreed to, for example “I want the weekly digest by email”; kept with each.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would become of each row.")
@IGNORE
def import_(file: Path, consent: str, dry_run: bool, ignored: tuple[str, ...]) -> None:
    """Add the readers in a CSV FILE with a header row.

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
    if not consent.strip():
        raise click.BadParameter("it is empty: give the words that these readers agreed to.", param_hint="'--consent'")
    here = installation()
    table = opened(file, ignored, subscriber_table)
    context = here.context()
    parts = try_subscribers(context, table) if dry_run else import_subscribers(context, table, consent.strip())
    tally = _summed(parts, table.lines)
    _tell(tally, dry_run)
    if not dry_run:
        about = f"{counted(tally.added_in_all, 'reader')} from {file.name}"
        audit.note_alone(here.context(), THE_COMMAND, Act.IMPORTED, about)
    if tally.refused:
        sys.exit(1)


def _summed(parts: Iterator[ImportedSubscribers], lines: int) -> ImportTally:
    """The sum, with each refusal said as it comes, and on a terminal how far it is."""
    tally, line = ImportTally(), TerminalLine()
    drawn = sys.stderr.isatty()
    for part in parts:
        for refusal in part.refused:
            click.echo(f"line {refusal.line}: {refusal.reason}", err=True)
        tally = tally.plus(part)
        if drawn:
            line.draw(bar_line(tally.rows, max(lines, tally.rows), 0, get_terminal_size().columns))
    line.end()
    return tally


def _tell(tally: ImportTally, dry_run: bool) -> None:
    if dry_run:
        click.echo("Nothing was written. This is what would become of the rows:")
    click.echo(
        f"{counted(tally.rows, 'row')}: {added_in_words(tally.added)}, {tally.already_there:,} already there, "
        f"{tally.suppressed:,} suppressed, {tally.refused:,} refused."
    )
    if tally.banned:
        click.echo(banned_in_words(tally.banned))
    if tally.stated_otherwise:
        click.echo(stated_otherwise(tally.stated_otherwise))
    if tally.undated:
        click.echo(undated_in_words(tally.undated, tally.first_undated))
