"""`digest subscribers`: bring readers in, take them along, show and erase one."""

from __future__ import annotations

import json
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import click

from digest.cli.readers.reader_words import for_people
from digest.cli.shared.failing import Failed
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
from digest.cli.shared.output import counted, write_csv
from digest.cli.shared.parameters import HELD_EMAIL
from digest.domain.people.acts import Act
from digest.domain.shared.addresses import Address
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND
from digest.operations.readers.personal_file import for_machines
from digest.operations.readers.privacy import erase, what_we_hold
from digest.operations.readers.reader_archives import reader_files
from digest.operations.readers.rehearsing import Rehearsal
from digest.operations.readers.subscriber_files import export_subscribers, import_subscribers, subscriber_table
from digest.operations.shared.context import Context
from digest.operations.shared.csv_rows import Table
from digest.operations.shared.former_senders import BY_NAME
from digest.storage.readers.subscribers import SubscriberState, subscriber_with_address


@click.group()
def subscribers() -> None:
    """Bring readers in, take them along, show or erase one."""


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--consent",
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
@click.option("--dry-run", is_flag=True, help="Change nothing: say what would become of each row.")
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
    what is left.
    """
    if not consent.strip():
        raise click.BadParameter("it is empty: give the words that these readers agreed to.", param_hint="'--consent'")
    here = installation()
    opening = partial(subscriber_table, sender=sender or "")
    rehearsal = Rehearsal() if dry_run else None
    with as_named(file), reader_files(file, sender or "", mailing_list) as found:
        if found.left_out:
            click.echo(
                f"{file.name}: left out, since it is no table of readers: {', '.join(found.left_out)}.", err=True
            )
        tables = [opened(each, ignored, opening) for each in found.files]
        where = "{}, line" if len(tables) > 1 else "line"
        refused = [_import_table(here.context(), each, consent.strip(), rehearsal, where) for each in tables]
    if any(refused):
        sys.exit(1)


def _import_table(context: Context, table: Table, consent: str, rehearsal: Rehearsal | None, where: str) -> int:
    """Returns how many rows were refused; `where` says how their lines are named."""
    total: Counter[str] = Counter()
    added: Counter[str] = Counter()
    banned: Counter[str] = Counter()
    undated, first_undated = 0, 0
    for part in import_subscribers(context, table, consent, rehearsal):
        for refusal in part.refused:
            click.echo(f"{where.format(table.file.name)} {refusal.line}: {refusal.reason}", err=True)
        added.update(part.added)
        banned.update(part.banned)
        undated += len(part.undated)
        first_undated = first_undated or next(iter(part.undated), 0)
        total.update(
            rows=part.rows,
            there=part.already_there,
            otherwise=part.stated_otherwise,
            suppressed=part.suppressed,
            refused=len(part.refused),
        )
    click.echo(
        f"{_introduced(table, rehearsal)}{counted(total['rows'], 'row')}: {added_in_words(added)}, "
        f"{total['there']:,} already there, {total['suppressed']:,} suppressed, {total['refused']:,} refused."
    )
    if rehearsal is None:
        audit.note_alone(
            context, THE_COMMAND, Act.IMPORTED, f"{counted(added.total(), 'reader')} from {table.file.name}"
        )
    if banned.total():
        click.echo(banned_in_words(banned))
    if total["otherwise"]:
        click.echo(stated_otherwise(total["otherwise"]))
    if undated:
        click.echo(undated_in_words(undated, first_undated))
    return total["refused"]


def _introduced(table: Table, rehearsal: Rehearsal | None) -> str:
    """What stands before the count: whose export it is, and that nothing was changed."""
    told = f"{table.file.name}, {table.sender.shown}: " if table.sender else ""
    return f"{told}Nothing was changed. It would be so: " if rehearsal else told


@subscribers.command()
@click.option("--state", type=click.Choice([state.value for state in SubscriberState]), help="Only these.")
def export(state: str | None) -> None:
    """Write readers to standard output, as CSV.

    The columns are those that the import takes, and suppressed: the reason, where an address gets no mail, so that it
    gets none either where the file is imported. For a file: digest subscribers export > readers.csv
    """
    here = installation()
    write_csv(export_subscribers(here.db, state or ""))


@subscribers.command()
@click.argument("address", metavar="EMAIL", type=HELD_EMAIL)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(address: Address, as_json: bool) -> None:
    """Show what we hold about a reader.

    Everything, with the wordings they agreed to, and where each of their copies is.
    """
    here = installation()
    with here.db.reading() as session:
        found = subscriber_with_address(session, address.key)
        if found is None:
            raise Failed(f"There is no subscriber {address.shown}. `digest subscribers export` lists all there are.")
        held = what_we_hold(session, found)
    if as_json:
        click.echo(json.dumps(for_machines(held), indent=2, ensure_ascii=False))
    else:
        click.echo(for_people(held, here.settings.schedule.spoken))


@subscribers.command("erase")
@click.argument("address", metavar="EMAIL", type=HELD_EMAIL)
@click.option("--yes", is_flag=True, help="Don’t ask first. Without a terminal it never asks.")
def erase_(address: Address, yes: bool) -> None:
    """Erase a reader, and keep the address out.

    Nothing stays but a hash of the address, so that no import adds it again; who asks and confirms, may come back. The
    reader gets a receipt, and SendGrid is to erase what it holds.
    """
    here = installation()
    if not yes and sys.stdin.isatty():
        click.confirm(f"Erase everything about {address.shown}? It can’t be undone.", abort=True)
    if erase(here.context(), address.key, "the command", THE_COMMAND):
        click.echo(f"Everything about {address.shown} is erased. The address is suppressed: no import brings it back.")
    else:
        click.echo(f"{address.shown} was no subscriber. The address is suppressed now: no import adds it.")
