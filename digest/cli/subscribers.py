"""`digest subscribers`: bring readers in, take them along, show and erase one."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import click

from digest.cli.addresses import EMAIL
from digest.cli.failing import Failed
from digest.cli.installation import installation, now
from digest.cli.reader_words import for_machines, for_people
from digest.domain.addresses import Address
from digest.operations.privacy import erase, what_we_hold
from digest.operations.refusal import Refused
from digest.operations.subscriber_files import Imported, export_subscribers, import_subscribers
from digest.storage.subscribers import SubscriberState, subscriber_with_address


def add_to(cli: click.Group) -> None:
    """Add the group to the command."""
    cli.add_command(subscribers)


@click.group()
def subscribers() -> None:
    """Readers."""


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consent", required=True, help="The words that these readers agreed to; kept with each of them.")
def import_(file: Path, consent: str) -> None:
    """Add the readers in FILE, a CSV file with a header row.

    \b
    Columns: email; and any of name, state (confirmed, pending, unsubscribed),
    topics (separated by ; or ,), confirmed_at, unsubscribed_at (ISO), source.
    A row without a state is confirmed: at confirmed_at, else now.

    Good rows are added, the others reported; the exit status is 1 if any was refused. Readers whom we know already
    stay as they are, so nobody who left comes back. Run again after an interruption, it does what is left.
    """
    if not consent.strip():
        raise click.BadParameter("it is empty: give the words that these readers agreed to.", param_hint="'--consent'")
    here = installation()
    total = Imported(0, 0, 0, 0, ())
    refused = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as rows:
            for part in import_subscribers(here.db, here.settings, now(), rows, consent.strip(), file.name):
                for refusal in part.refused:
                    click.echo(f"line {refusal.line}: {refusal.reason}", err=True)
                refused += len(part.refused)
                total = _sum(total, part)
    except UnicodeDecodeError as error:
        raise Failed(f"{file.name} is not UTF-8 ({error.reason}): save it as CSV in UTF-8.") from None
    except Refused as refusal:
        raise Failed(f"{file.name}: {refusal}") from None
    click.echo(
        f"{total.rows} rows: {total.added} added, {total.already_there} already there, "
        f"{total.suppressed} suppressed, {refused} refused."
    )
    if refused:
        sys.exit(1)


@subscribers.command()
@click.option("--state", type=click.Choice([state.value for state in SubscriberState]), help="Only these.")
def export(state: str | None) -> None:
    """Write readers to the standard output as CSV, in the columns that the import takes."""
    here = installation()
    csv.writer(sys.stdout).writerows(export_subscribers(here.db, state or ""))


@subscribers.command()
@click.argument("address", metavar="EMAIL", type=EMAIL)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(address: Address, as_json: bool) -> None:
    """Show everything that we hold about a reader, and where each of their copies is."""
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
@click.argument("address", metavar="EMAIL", type=EMAIL)
@click.option("--yes", is_flag=True, help="Don’t ask first. Without a terminal it never asks.")
def erase_(address: Address, yes: bool) -> None:
    """Erase everything about a reader, and keep the address from being added again."""
    here = installation()
    if not yes and sys.stdin.isatty():
        click.confirm(f"Erase everything about {address.shown}? It can’t be undone.", abort=True)
    if erase(here.db, here.settings, now(), address.key, "the command"):
        click.echo(f"Everything about {address.shown} is erased. The address is suppressed: no import brings it back.")
    else:
        click.echo(f"{address.shown} was no subscriber. The address is suppressed now: no import adds it.")


def _sum(one: Imported, other: Imported) -> Imported:
    return Imported(
        one.rows + other.rows,
        one.added + other.added,
        one.already_there + other.already_there,
        one.suppressed + other.suppressed,
        (),
    )
