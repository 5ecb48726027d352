"""What could not be done, said in the one form of all commands."""

from __future__ import annotations

from typing import IO, Any

import click


class Failed(click.ClickException):
    """What was asked could not be done; the message names the thing and the remedy. Exit status 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it to standard error, as refusals are written."""
        click.echo(f"digest: {self.format_message()}", file=file, err=file is None)
