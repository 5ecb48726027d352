"""`digest export` and `digest import`: the whole site in open formats, out and into an empty place."""

from __future__ import annotations

from pathlib import Path

import click

from digest import config
from digest.cli.shared.installation import now, settings_for_a_start, until_the_end
from digest.cli.shared.logs import take_out
from digest.cli.shared.output import counted
from digest.operations.running.bringing_in import bring_in, look_through, put_keys
from digest.operations.running.site_folder import SiteManifest
from digest.operations.running.startup import MIGRATIONS, open_as_it_is
from digest.operations.running.taking_along import take_along
from digest.operations.shared.context import Context, branded
from digest.operations.shared.refusal import Refused
from digest.storage.running import revisions


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--without-keys", is_flag=True, help="Leave out the two keys: who has them can sign readers’ links.")
def export(folder: Path, without_keys: bool) -> None:
    """Write the whole site into FOLDER, in open formats.

    Every row of it as JSON lines, and readers, summaries, issues and feeds as their own commands export them; README.md
    in it explains the files. Everything may run meanwhile. FOLDER is new, or empty, and appears whole or not at all. It
    is as secret as the site.
    """
    settings = settings_for_a_start()
    database = until_the_end(open_as_it_is(settings))
    if not revisions.has_tables(database):
        raise Refused("There is no site to export yet. Make one with `digest db upgrade`.")
    with database.reading() as session:
        context = Context(database, branded(session, settings), now())
    made = take_along(context, folder.absolute(), MIGRATIONS, with_keys=not without_keys)
    click.echo(f"{folder}: {_in_words(made)}.")
    if without_keys:
        click.echo(
            "The keys are not in it. Carry them over by hand: SUPPRESSION_KEY, or no suppressed address is known; "
            "SECRET_KEY, or no link in old messages works."
        )


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--nothing-left-since",
    is_flag=True,
    help="The old site was stopped before it was exported: what waits goes on by itself.",
)
def import_(folder: Path, nothing_left_since: bool) -> None:
    """Make the site in FOLDER in an empty place.

    FOLDER is what `digest export` wrote; the place is where INSTANCE_PATH and DATABASE_URL point. All of it is read and
    compared first; then every row comes in with its id, in one transaction. What the site had not sent may have gone
    since: it waits on the desk for a person’s word, unless --nothing-left-since says that nothing did.
    """
    settings = config.load(make_keys=False)
    take_out(settings)
    look_through(settings, folder, MIGRATIONS)
    put_keys(settings, folder)
    settings = config.load()
    database = until_the_end(open_as_it_is(settings))
    done = bring_in(settings, database, folder, MIGRATIONS, nothing_left_since)
    click.echo(f"Imported: {_in_words(done.manifest)}.")
    if not done.old_links_work:
        click.echo("SECRET_KEY is not the old site’s: links in messages that were sent before do not work.", err=True)
    if done.is_doubtful:
        click.echo(
            "What it had not sent may have gone since. Whatever starts on it first puts such issues on hold, and the "
            "editors are told: release them, or skip them, on the desk."
        )
    click.echo("Then start the site and the clock. Never start the old ones again.")


def _in_words(made: SiteManifest) -> str:
    rows = sum(table.rows for table in made.tables.values())
    return f"{counted(rows, 'row')} of {made.site} in {len(made.tables)} tables"
