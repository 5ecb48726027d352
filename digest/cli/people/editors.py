"""`digest editors`: the way in for the first admin, and for one who can't get messages."""

from __future__ import annotations

import click

from digest.cli.shared.installation import installation
from digest.cli.shared.parameters import EMAIL
from digest.domain.shared.addresses import Address
from digest.operations.people.logins import Invited, let_in


@click.group()
def editors() -> None:
    """Let people in to the desk, where editors work."""


@editors.command()
@click.argument("address", metavar="EMAIL", type=EMAIL)
@click.option("--admin", is_flag=True, help="Let them manage editors and subscribers too.")
@click.option("--name", default="", help="How the desk and its messages call them; default: from the address.")
def add(address: Address, admin: bool, name: str) -> None:
    """Add an editor and print the link that sets their password.

    The link is mailed to them as well. For someone who is an editor already, it makes sure that they are active (and
    an admin, with --admin) and prints a fresh link.
    """
    here = installation()
    invited_by = f"The operator of {here.settings.site_name}"
    invited = let_in(here.context(), invited_by, address.shown, name, admin)
    click.echo(_told(invited, admin))
    click.echo(f"Set a password here, once, until {here.settings.schedule.spoken(invited.expires)}:")
    click.echo(invited.link)


def _told(invited: Invited, admin: bool) -> str:
    role = "admin" if admin else "editor"
    if invited.new:
        return f"Added {invited.email} as {role}."
    return f"{invited.email} is an editor already" + (", and an admin now." if admin else ".")
