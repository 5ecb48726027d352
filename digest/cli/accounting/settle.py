"""`digest settle`: a person's word on a batch of which nobody can know whether it left."""

from __future__ import annotations

import sys

import click

from digest.cli.accounting.account_words import MAY_STILL_TELL, account_in_words, what_is_known
from digest.cli.shared.asking import ask
from digest.cli.shared.installation import OpenInstallation, installation
from digest.cli.shared.output import batches, copies
from digest.operations.accounting.deciding import WORDS, Decided, decide_batch
from digest.operations.issues.closing import THE_COMMAND
from digest.operations.running.sending_now import report
from digest.storage.accounting.settlements import Verdict
from digest.storage.accounting.unsettled import Alike, UnsettledBatch, taken_together, unsettled_alike, unsettled_batch
from digest.storage.sending.attempts import last_attempts
from digest.storage.sending.batches import Attempt, BatchState

_LARGEST_ID = 2**31 - 1

_MEANS = {
    Verdict.SENT: "SendGrid took them, and they count as accepted",
    Verdict.RESEND: "sent again, and whoever had the first copy gets a second",
    Verdict.SKIP: "skipped, and whoever had none goes without this issue",
}
_DONE = {
    Verdict.SENT: "Settled: {} in {}, counted as accepted.",
    Verdict.RESEND: "Settled: {} in {}, to be sent again.",
    Verdict.SKIP: "Settled: {} in {}, skipped.",
}


@click.command()
@click.argument("batch", type=click.IntRange(1, _LARGEST_ID))
@click.argument("verdict", type=click.Choice([word.value for word in WORDS]))
@click.option("--alike", is_flag=True, help="Decide so for all batches of the issue that wait for the same cause.")
@click.option("--because", default="", help="What you saw; kept with the decision.")
@click.option("--yes", is_flag=True, help="Don’t ask first. Without a terminal it never asks.")
def settle(batch: int, verdict: str, alike: bool, because: str, yes: bool) -> None:
    """Say what became of a held or unknown BATCH. `digest status` lists them.

    \b
    sent    SendGrid took it: its copies count as accepted
    resend  it was not taken: it is sent again
    skip    leave it: its readers go without this issue

    Look at SendGrid’s Activity for the minute of the attempt first: it can’t be taken back.
    """
    ours, word = installation(), Verdict(verdict)
    with ours.db.reading() as session:
        doubt, last = unsettled_batch(session, batch), last_attempts(session, [batch]).get(batch)
        all_alike = taken_together(unsettled_alike(session, doubt)) if doubt else Alike()
    if doubt:
        _explain(ours, doubt, last, word, all_alike, alike)
        if not yes and sys.stdin.isatty():
            ask("Is that so?")
    settled = decide_batch(ours.context(), batch, word, THE_COMMAND, because, alike, all_alike.mark)
    click.echo(_outcome(settled))
    click.echo(account_in_words(ours, report(ours.db, settled.issue_id)))


def _explain(
    ours: OpenInstallation, doubt: UnsettledBatch, last: Attempt | None, verdict: Verdict, all_alike: Alike, alike: bool
) -> None:
    click.echo(f"Known: {what_is_known(ours.settings, doubt, last)}.")
    if doubt.state == BatchState.UNKNOWN:
        click.echo(MAY_STILL_TELL.format("what became of it"))
    if alike:
        click.echo(f"With the same cause: {batches(all_alike.batches)}, {copies(all_alike.copies)}.")
    click.echo(f"“{verdict}”, {copies(all_alike.copies if alike else doubt.copies)}: {_MEANS[verdict]}.")


def _outcome(settled: Decided) -> str:
    words = _DONE[settled.verdict].format(copies(settled.copies), batches(settled.batches))
    if settled.verdict is not Verdict.RESEND:
        return words
    if settled.stopped:
        return f"{words} The send was stopped: they go when someone resumes it on the desk."
    return f"{words} The clock does so within seconds; without one, run `digest send`."
