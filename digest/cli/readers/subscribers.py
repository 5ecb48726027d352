"""`digest subscribers`: bring readers in, take them along, show one, act for one, erase one."""

from __future__ import annotations

import json
import sys

import click

from digest.cli.readers import acts, importing
from digest.cli.readers.reader_words import for_people
from digest.cli.shared.asking import ask
from digest.cli.shared.installation import installation
from digest.cli.shared.output import counted, write_csv
from digest.cli.shared.parameters import HELD_EMAIL
from digest.domain.shared.addresses import Address
from digest.operations.people.audit import THE_COMMAND
from digest.operations.readers.personal_data import what_we_hold
from digest.operations.readers.personal_file import for_machines
from digest.operations.readers.privacy import erase
from digest.operations.readers.stuck_erasures import REMEDY, mark_erased_by_hand, stuck_erasures
from digest.operations.readers.subscriber_files import export_subscribers
from digest.operations.shared.refusal import Refused
from digest.storage.readers.subscribers import SubscriberState, subscriber_with_address


@click.group()
def subscribers() -> None:
    """Bring readers in and take them along; act for one."""


for _command in (importing.import_, acts.add, acts.correct, acts.unsubscribe, acts.resend, acts.list_):
    subscribers.add_command(_command)


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
            raise Refused(f"There is no subscriber {address.shown}. `digest subscribers export` lists all there are.")
        held = what_we_hold(session, here.settings, found)
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
    reader gets a receipt, SendGrid, where mail goes through it, is asked to erase what it holds, and files of the
    outbox to that address are deleted.
    """
    here = installation()
    if not yes and sys.stdin.isatty():
        ask(f"Erase everything about {address.shown}? It can’t be undone.")
    if erase(here.context(), address.key, "the command", THE_COMMAND):
        click.echo(f"Everything about {address.shown} is erased. The address is suppressed: no import brings it back.")
    else:
        click.echo(f"{address.shown} was no subscriber. The address is suppressed now: no import adds it.")


@subscribers.command()
@click.argument("handle", required=False, default="")
@click.option("--done", is_flag=True, help="You have erased it at SendGrid: forget the address here.")
def erasures(handle: str, done: bool) -> None:
    """Show erasures that SendGrid has not taken on, or one of them.

    Without HANDLE all of them, their addresses masked, the oldest first. With the HANDLE that stands before one: its
    address, why it waits, and what to do. Nothing is changed without --done.
    """
    if done and not handle:
        raise click.UsageError("Say which: digest subscribers erasures HANDLE --done")
    here = installation()
    with here.db.reading() as session:
        found = stuck_erasures(session, here.settings)
    spoken = here.settings.schedule.spoken
    if not handle:
        for one in found:
            click.echo(f"{one.handle}  {one.masked}  since {spoken(one.since)}, {one.tries} tries: {one.why}")
        wait = counted(len(found), "erasure waits", "erasures wait")
        click.echo(f"{wait} for SendGrid. {REMEDY}" if found else "No erasure waits.")
        return
    this = next((one for one in found if one.handle == handle), None)
    if this is None:
        raise Refused(f"No erasure {handle} waits. `digest subscribers erasures` lists all that do.")
    if not done:
        click.echo(f"{this.address}, erased here {spoken(this.since)}; {this.tries} tries: {this.why}\n{REMEDY}")
    elif mark_erased_by_hand(here.context(), handle, THE_COMMAND):
        click.echo("Marked as done. Nothing here names the address any more.")
