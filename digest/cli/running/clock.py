"""`digest scheduler`: the clock."""

from __future__ import annotations

import logging
import signal

import click

from digest.cli.shared.installation import installation
from digest.cli.shared.logs import log_to_stderr
from digest.mail.transports import open_transport
from digest.scheduler import Clock


@click.command()
def scheduler() -> None:
    """Run the clock, which closes and sends issues when due.

    It also mails the proof at the cut-off and hands over single messages. Run one or several, on one host or many.
    """
    log_to_stderr(logging.INFO)
    ours = installation()
    clock = Clock(ours.db, ours.settings, open_transport(ours.settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.stop())
    clock.run()
