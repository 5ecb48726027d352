"""`digest db`: the schema."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
import psycopg
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from digest import config
from digest.cli.shared.asking import ask
from digest.cli.shared.failing import Failed
from digest.cli.shared.installation import installation, now, settings_for_a_start, until_the_end
from digest.config import Settings
from digest.operations.running.backing_up import back_up_before_upgrade
from digest.operations.running.moving import TableCopied, copy_installation, shown
from digest.operations.running.restoring import Age, age_of
from digest.operations.running.startup import MIGRATIONS, open_as_it_is
from digest.operations.shared.context import Context
from digest.storage.base.database import Database, database_now
from digest.storage.running import revisions, schema
from digest.storage.running.heartbeats import last_beat

_LIVELY = 20.0
"""Seconds without a tick after which a clock is taken for stopped; it ticks every five."""


@click.group()
def db() -> None:
    """Bring the database up to date, check it, or move it."""


@db.command()
@click.option("--no-backup", is_flag=True, help="Make no backup first: there is one already.")
def upgrade(no_backup: bool) -> None:
    """Make the tables of a new database, or bring an older one up.

    Applies every migration that is missing. One that is older is backed up first, into BACKUP_PATH, or else into the
    folder `backups` in INSTANCE_PATH. Safe to run again.
    """
    settings = settings_for_a_start()
    database = until_the_end(open_as_it_is(settings))
    try:
        revisions.must_be_known(database, MIGRATIONS)
        if not no_backup and revisions.has_tables(database) and not revisions.at_head(database, MIGRATIONS):
            made = back_up_before_upgrade(Context(database, settings, now()))
            click.echo(f"Backed up first: {made.path} ({made.size:,} bytes).")
        schema.upgrade(database, MIGRATIONS)
    except revisions.UnknownRevision as error:
        raise Failed(str(error)) from None
    click.echo("The database is up to date.")


@db.command(context_settings={"ignore_unknown_options": True})  # so that -2 is no option
@click.argument("revision", default="-1")
@click.option("--yes", is_flag=True, help="Don’t ask first.")
def downgrade(revision: str, yes: bool) -> None:
    """Undo migrations back to REVISION (default: -1, the last one).

    Back up first. It deletes what the newer tables hold, so it asks; where nobody can answer, say --yes.
    """
    if not yes:
        ask("Going back deletes what the newer tables hold. Go back?")
    try:
        schema.downgrade(_database(), MIGRATIONS, revision)
    except revisions.UnknownRevision as error:
        raise Failed(str(error)) from None
    click.echo("The database was taken back.")


@db.command()
def check() -> None:
    """Say whether the database can be used as it is.

    That is: every migration is applied, the tables are as the code expects, and no older backup was put back. The exit
    status is 1 if anything of it isn’t so.
    """
    database = _database()
    try:
        revisions.must_be_known(database, MIGRATIONS)
    except revisions.UnknownRevision as error:
        raise Failed(str(error)) from None
    if not revisions.at_head(database, MIGRATIONS):
        raise Failed("Migrations are missing. Run `digest db upgrade`.")
    if differences := schema.differences(database):
        raise Failed(
            "The tables differ from the code, though every migration is applied. Put back the last good backup, or "
            "undo by hand:\n" + "\n".join(differences)
        )
    if age_of(database, config.load()) is not Age.CURRENT:
        raise Failed(
            "Every migration is applied, but the database is, or may be, older than what was sent from it. Start the "
            "site or the clock: what may have gone is put on hold. Then release or skip it on the desk."
        )
    click.echo("The database is up to date.")


@db.command()
@click.argument("url")
def copy(url: str) -> None:
    """Copy everything into the empty database at URL.

    \b
    From SQLite to PostgreSQL or back: every row, with its id.
    Stop the site and the clock first: what happens meanwhile stays behind. All or nothing.
    URL is as in DATABASE_URL: postgresql+psycopg://user:password@host/database, or sqlite:////path/to/digest.db.
    """
    address = config.database_url(url)
    _must_exist(config.load())
    ours = installation()
    if address == ours.settings.database_url:
        raise Failed("This is the database in use. Give the URL of an empty one.")
    _warn_of_a_living_clock(ours.db)
    with closing(Database(address)) as target:
        _must_answer(target)
        try:
            rows = copy_installation(ours.db, target, MIGRATIONS, _tell)
        except revisions.UnknownRevision as error:
            raise Failed(f"The target {shown(target)} can’t be used. {error}") from None
        except (DBAPIError, psycopg.Error) as error:
            raise Failed(
                f"The target {shown(target)} did not do it: {_said(error)}. Nothing was copied; mend that, then run "
                "this again."
            ) from None
        click.echo(f"{rows:,} rows copied; every table has as many on both sides. Ids and links are as before.")
        click.echo(_what_next(ours.settings, shown(target)))


def _must_exist(settings: Settings) -> None:
    """A mistyped folder must not look like an installation that has nothing to copy."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise Failed(
            f"There is no database {url.database} to copy from. Set INSTANCE_PATH (or DATABASE_URL) as the site and "
            "the clock have it, then run this again."
        )


def _must_answer(target: Database) -> None:
    folder = Path(target.engine.url.database or "").parent
    if target.engine.dialect.name == "sqlite" and not folder.is_dir():
        raise Failed(f"The target’s folder {folder} is not there. Nothing was copied; make it, then run this again.")
    try:
        target.engine.connect().close()
    except (DBAPIError, psycopg.Error) as error:
        raise Failed(
            f"The target {shown(target)} can’t be opened: {_said(error)}. Nothing was copied; see that it is there and "
            "that you may use it, then run this again."
        ) from None


def _said(error: DBAPIError | psycopg.Error) -> str:
    """The database’s own words, as far as they fit in a sentence."""
    return str(getattr(error, "orig", error)).partition("\n")[0].rstrip(".")


def _warn_of_a_living_clock(source: Database) -> None:
    with source.reading() as session:
        ticked, at = last_beat(session), database_now(session)
    if ticked is not None and at - ticked < _LIVELY:
        click.echo(
            f"A clock ticked {at - ticked:.0f} s ago. If it or the site still runs, what happens from now on stays "
            "behind: stop them, and copy again into another empty database.",
            err=True,
        )


def _tell(table: TableCopied) -> None:
    click.echo(f"{table.name:<20}{table.rows:>14,}")


def _what_next(settings: Settings, url: str) -> str:
    hidden = " (*** stands for the password)" if "***" in url else ""
    lines = [
        "Now set, on every host that runs the site or the clock, and start them again:", f"  DATABASE_URL={url}{hidden}"
    ]  # fmt: skip
    if url.startswith("postgresql"):
        for name in ("secret_key", "suppression_key"):
            kept = settings.instance_path / name
            value = f"the content of {kept}" if _is_generated(settings, name) else "as it is set now"
            lines.append(f"  {name.upper()}: {value}; on PostgreSQL it must be set, the same on every host")
    lines += [
        f"INSTANCE_PATH stays {settings.instance_path}: its journal and its count of claims go with the installation.",
        "The old database was not changed. Keep it until all is well, and never start anything on it again.",
    ]
    return "\n".join(lines)


def _is_generated(settings: Settings, name: str) -> bool:
    kept = settings.instance_path / name
    return kept.exists() and kept.read_text().strip() == getattr(settings, name)


def _database() -> Database:
    return until_the_end(open_as_it_is(settings_for_a_start()))
