"""`digest demo`: content to try things with."""

from __future__ import annotations

from datetime import timedelta

import click

from digest import demo as publication
from digest.cli.shared.installation import installation, now
from digest.demo.people import EDITORS, PASSWORD
from digest.mail.transports import open_transport
from digest.operations.shared.refusal import Refused
from digest.storage.people.editors import active_editors

_OLD = timedelta(days=7)


@click.command()
@click.option("--remove", is_flag=True, help="Take the demo away, and nothing else.")
def demo(remove: bool) -> None:
    """Fill an empty database with a believable publication.

    To try everything with. Its readers are invented, and nothing leaves the machine: MAIL_TRANSPORT must be outbox.
    Refused on a database that has content of your own. Run again, it says how to sign in.
    """
    ours = installation()
    if remove:
        gone = publication.remove(ours.db, ours.settings)
        click.echo("The demo is gone, its editors with it." if gone else "There is no demo here.")
        with ours.db.reading() as session:
            if not active_editors(session):
                click.echo("To sign in: `digest editors add you@example.org --admin` prints a link for a password.")
        return
    if ours.settings.mail_transport != "outbox":
        raise Refused("The demo needs MAIL_TRANSPORT=outbox: its readers are invented.")
    today = now()
    loaded = publication.load(ours.db, ours.settings, open_transport(ours.settings), today)
    if loaded.new:
        click.echo(
            f"Demo loaded: {loaded.summaries} summaries, {loaded.past_issues} past issues, {loaded.readers} readers, "
            f"{loaded.sources} sources with {loaded.leads} leads. Its past digests are in the outbox."
        )
    else:
        click.echo("The demo is here already.")
        if today - loaded.since > _OLD:
            click.echo("It is of another week. For one up to today: `digest demo --remove`, then `digest demo`.")
    site = ours.settings.site_url
    click.echo(f"The site   {site}\nThe desk   {site}/desk")
    for email, name, is_admin in EDITORS:
        click.echo(f"Sign in as {email} ({name}, {'admin' if is_admin else 'editor'}), password {PASSWORD}")
