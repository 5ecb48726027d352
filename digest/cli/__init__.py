"""The `digest` command. One file a group of commands; every command exits 0 only when what it was asked is done."""

from __future__ import annotations

import sys

import click
from sqlalchemy.exc import OperationalError

from digest.cli import db, demo, editors, issues, serving, settle, subscribers, summaries, suppressions
from digest.config import BadSetting
from digest.operations import copying, freezing
from digest.operations.refusal import Refused


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="digest")
def cli() -> None:
    """A weekly email digest: the site, the clock, the send, and everything around them."""


for module in (serving, issues, settle, subscribers, suppressions, summaries, editors, db, demo):
    module.add_to(cli)


def main() -> None:
    """Run the command; expected refusals become one line and a status, never a stack trace."""
    try:
        cli()
    except BadSetting as error:
        click.echo(f"digest: {error}", err=True)
        sys.exit(2)
    except Refused as error:
        click.echo(f"digest: {error}", err=True)
        sys.exit(4)
    except (freezing.Miscounted, copying.Miscounted) as error:
        click.echo(f"digest: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(f"digest: {error}. Look at the disk and at who may write there, then run it again.", err=True)
        sys.exit(1)
    except OperationalError as error:
        click.echo(f"digest: the database does not answer ({error.orig}). Nothing is lost; run it again.", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
