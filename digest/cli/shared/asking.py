"""Questions before what can't be undone."""

from __future__ import annotations

import click

from digest.cli.shared.failing import Failed


def ask(question: str) -> None:
    """Go on if the answer is yes, and end if it is no. Raises Failed, with what answers beforehand, if nobody does."""
    try:
        yes = click.confirm(question)
    except click.Abort:
        click.echo(err=True)  # what is said next begins a line
        raise Failed("Nobody answered. Add --yes to say so beforehand. Nothing was done.") from None
    if not yes:
        raise click.Abort
