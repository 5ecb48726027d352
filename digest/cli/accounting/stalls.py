"""Why a send has nothing to do but wait, as `digest send` and `digest status` say it."""

from __future__ import annotations

from datetime import datetime

import click

from digest.cli.shared.output import copies
from digest.config import Settings
from digest.operations.sending.send_status import SendStatus, Stall


class Stalls:
    """Says on standard error why nothing leaves: once for each reason, not each time that it is looked at."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._told = Stall.NONE

    def __call__(self, send_status: SendStatus) -> None:
        """Tell it if it is another reason than before."""
        if send_status.stall is not self._told and (words := stall_in_words(self._settings, send_status)):
            click.echo(f"\rWaiting: {words}", err=True)
        self._told = send_status.stall


def stall_in_words(settings: Settings, send_status: SendStatus) -> str:
    """The reason, with the moment at which it ends where that is known; nothing where a person or a refusal is it."""
    match send_status.stall:
        case Stall.PROBING:
            return "nobody knows what became of a request. Nothing more leaves until SendGrid answers a question."
        case Stall.LIMITED:
            return f"SendGrid takes no more until {time_of_day(settings, send_status.until)}."
        case Stall.SILENT:
            return (
                f"{send_status.because} does not report on {copies(send_status.silent)} in hand; they count as unknown "
                f"from {time_of_day(settings, send_status.until)}."
            )
        case Stall.AGAIN:
            cause = send_status.because or "what is left did not leave"
            return f"{cause}; it goes again at {time_of_day(settings, send_status.until)}."
    return ""


def time_of_day(settings: Settings, moment: datetime | None) -> str:
    """The local time to the second."""
    return f"{moment.astimezone(settings.schedule.zone):%H:%M:%S}" if moment else "a moment not known"
