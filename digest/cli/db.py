"""`digest db`: the schema."""

from __future__ import annotations

from contextlib import closing

import click
import psycopg
from sqlalchemy.exc import DBAPIError

from digest import config
from digest.cli.installation import installation, until_the_end
from digest.config import Settings
from digest.operations.copying import TableCopied, copy_installation
from digest.operations.opening import MIGRATIONS
from digest.operations.restoring import Age, age_of
from digest.storage import schema
from digest.storage.database import Database, database_now
from digest.storage.heartbeats import last_beat

_LIVELY = 20.0
"""Seconds without a tick after which a clock is taken for stopped; it ticks every five."""


@click.group()
def db() -> None:
    """Bring the database up to date, take it back, check it, or copy it into another."""


@db.command()
def upgrade() -> None:
    """Apply every migration that is missing. Safe to run again."""
    schema.upgrade(_database(), MIGRATIONS)
    click.echo("The database is up to date.")


@db.command()
@click.argument("revision", default="-1")
@click.confirmation_option(prompt="Going back deletes what the newer tables hold. Go back?")
def downgrade(revision: str) -> None:
    """Undo migrations back to REVISION (default: the last one only)."""
    schema.downgrade(_database(), MIGRATIONS, revision)
    click.echo("The database was taken back.")


@db.command()
def check() -> None:
    """Say whether every migration is applied and the tables are as the code expects."""
    database = _database()
    if not schema.at_head(database, MIGRATIONS):
        raise click.ClickException("Migrations are missing. Run `digest db upgrade`.")
    if differences := schema.differences(database):
        raise click.ClickException("The tables differ from the code:\n" + "\n".join(differences))
    click.echo("The database is up to date.")
    if age_of(database, config.load()) is not Age.CURRENT:
        click.echo(
            "It is, or may be, older than what was sent from it. Whatever starts next puts on hold what may have gone."
        )


@db.command()
@click.argument("url")
def copy(url: str) -> None:
    """Copy the whole installation into the empty database at URL, SQLite or PostgreSQL.

    \b
    Stop the site and the clock first: what happens meanwhile stays behind. All or nothing.
    URL is as in DATABASE_URL: postgresql+psycopg://user:password@host/database, or sqlite:///path/to/digest.db.
    """
    address = config.database_url(url)
    ours = installation()
    if address == ours.settings.database_url:
        raise click.ClickException("This is the database in use. Give the URL of an empty one.")
    _warn_of_a_living_clock(ours.db)
    with closing(Database(address)) as target:
        try:
            rows = copy_installation(ours.db, target, MIGRATIONS, _tell)
        except (DBAPIError, psycopg.Error) as error:
            said = str(getattr(error, "orig", error)).partition("\n")[0]
            raise click.ClickException(f"The target did not do it: {said}. Nothing was copied.") from None
        click.echo(f"{rows:,} rows copied; every table has as many on both sides. Ids and links are as before.")
        click.echo(_what_next(ours.settings, target.engine.url.render_as_string(hide_password=True)))


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
    lines = ["Now set, on every host that runs the site or the clock, and start them again:", f"  DATABASE_URL={url}"]
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
    settings = config.load()
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    return until_the_end(Database(settings.database_url))
