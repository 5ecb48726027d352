"""`digest backup` and `digest restore`: the whole installation as one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from digest import config
from digest.cli.shared.installation import now, settings_for_a_start, until_the_end
from digest.cli.shared.logs import take_out
from digest.operations.running.backing_up import back_up, check_backup
from digest.operations.running.backup_files import BackupManifest
from digest.operations.running.bringing_back import bring_back
from digest.operations.running.startup import MIGRATIONS, open_as_it_is
from digest.operations.shared.context import Context
from digest.operations.shared.refusal import Refused
from digest.storage.running import revisions


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Make none: read FILE from end to end, and say what is in it.")
def backup(file: Path | None, check: bool) -> None:
    """Back the installation up into FILE, while everything runs.

    One file with the database, both keys, the journal and the claims; without FILE, under a name of its own in
    BACKUP_PATH. It holds your readers’ addresses and the keys: keep it as safe as the installation.
    """
    if check:
        if file is None:
            raise click.UsageError("Which one? Give the path of a backup.")
        click.echo(f"{file} is whole: {_in_words(check_backup(file))}.")
        return
    settings = settings_for_a_start()
    database = until_the_end(open_as_it_is(settings))
    if not revisions.has_tables(database):
        raise Refused("There is no database to back up yet. Make one with `digest db upgrade`.")
    made = back_up(Context(database, settings, now()), file.absolute() if file else None)
    click.echo(f"{made.path}: {made.size:,} bytes, {_in_words(made.manifest)}.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--nothing-left-since",
    is_flag=True,
    help="The old installation was stopped before the backup was made: what waits goes on by itself.",
)
def restore(file: Path, nothing_left_since: bool) -> None:
    """Bring the backup FILE back into an empty place.

    That is where INSTANCE_PATH and DATABASE_URL point. A journal and claims that are there already are kept if they are
    newer, so readers who left since stay out; leave them where they are. What the backup has not sent may have gone
    since: it waits on the desk for a person's word, unless the claims that are there know better.
    """
    settings = config.load(make_keys=False)
    take_out(settings)
    done = bring_back(settings, file, nothing_left_since)
    click.echo(f"Restored: {_in_words(done.manifest)}.")
    database = until_the_end(open_as_it_is(config.load()))
    if not revisions.at_head(database, MIGRATIONS):
        click.echo("It is of an older version: run `digest db upgrade` next.")
    if done.is_doubtful:
        click.echo(
            "What it had not sent may have gone since. Whatever starts on it first puts such issues on hold, "
            "and the editors are told: release them, or skip them, on the desk."
        )
    click.echo("Then start the site and the clock.")


def _in_words(manifest: BackupManifest) -> str:
    made = f"{manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{manifest.contents.total:,} rows of {manifest.site}, as of {made}"
