"""`digest db`: the schema."""

from __future__ import annotations

import click

from digest import config
from digest.app import MIGRATIONS
from digest.operations.restoring import Age, age_of
from digest.storage import schema
from digest.storage.database import Database


def add_to(cli: click.Group) -> None:
    """Add the group."""
    cli.add_command(db)


@click.group()
def db() -> None:
    """Bring the database up to date, take it back, or check it."""


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


def _database() -> Database:
    settings = config.load()
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    return Database(settings.database_url)
