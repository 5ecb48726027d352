"""What `digest send` says while it has nothing to do but wait."""

from __future__ import annotations

from datetime import datetime

import click

from digest.cli.counting import copies
from digest.config import Settings
from digest.operations.going import Going, Lull


class Lulls:
    """Says on standard error why nothing leaves: once for each reason, not each time that it is looked at."""

    def __init__(self, settings: Settings) -> None:
        self._zone = settings.schedule.zone
        self._told = Lull.NONE

    def __call__(self, going: Going) -> None:
        """Tell it if it is another reason than before."""
        if going.lull is not self._told and (words := self._words(going)):
            click.echo(f"\rWaiting: {words}", err=True)
        self._told = going.lull

    def _words(self, going: Going) -> str:
        match going.lull:
            case Lull.PROBING:
                return "SendGrid does not answer. It is asked again and again; nothing more is sent until it does."
            case Lull.LIMITED:
                return f"SendGrid takes no more{self._until(going.until)}."
            case Lull.SILENT:
                return (
                    f"{going.because} does not report on {copies(going.silent)} in hand; they count as unknown"
                    f"{self._until(going.until, 'from')}."
                )
            case Lull.AGAIN:
                return (
                    f"{going.because or 'what is left did not leave'}; it goes again{self._until(going.until, 'at')}."
                )
        return ""

    def _until(self, moment: datetime | None, word: str = "until") -> str:
        return f" {word} {moment.astimezone(self._zone):%H:%M:%S}" if moment else ""
