"""`digest suppressions`: addresses that are never mailed: brought in from elsewhere, listed, asked about, lifted."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import click

from digest.cli.shared.import_words import IGNORE, added_in_words, opened, undated_in_words
from digest.cli.shared.installation import OpenInstallation, installation
from digest.cli.shared.output import counted, write_csv
from digest.cli.shared.parameters import HELD_EMAIL, REASON
from digest.domain.people.acts import Act
from digest.domain.shared.addresses import Address
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND
from digest.operations.readers.lifting import NeedsTheirWord, lift_suppression
from digest.operations.shared.refusal import Refused
from digest.operations.suppressions.suppression_files import (
    WhySuppressed,
    import_suppressions,
    list_suppressions,
    suppression_table,
    why_suppressed,
)


@click.group()
def suppressions() -> None:
    """Addresses that are never mailed: bring in, list, lift."""


@suppressions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@IGNORE
def import_(file: Path, ignored: tuple[str, ...]) -> None:
    """Suppress the addresses in a CSV FILE with a header row.

    \b
    Columns: email; and any of reason (bounce, complaint, invalid, objection;
    without one: objection) and at (ISO; without one, or if it can’t be read: now).

    Columns and words of other senders are understood, too, such as unsubscribed, cleaned or CLEAN_TIME; a row that says
    that its reader did not leave is refused. A column that is not known stops the import; --ignore leaves it out.

    Good rows are taken, the others reported; the exit status is 1 if any was refused. Subscribers among them stay as
    they are and get no mail. Only hashes are kept, never the addresses. `digest suppressions lift` lifts one.
    """
    here = installation()
    table = opened(file, ignored, suppression_table)
    total = already_there = refused = 0
    added: Counter[str] = Counter()
    undated, first_undated = 0, 0
    for part in import_suppressions(here.context(), table):
        for refusal in part.refused:
            click.echo(f"line {refusal.line}: {refusal.reason}", err=True)
        added.update(part.added)
        total, refused = total + part.rows, refused + len(part.refused)
        already_there += part.already_there
        undated += len(part.undated)
        first_undated = first_undated or next(iter(part.undated), 0)
    click.echo(
        f"{counted(total, 'row')}: {added_in_words(added)}, {already_there:,} already there, {refused:,} refused."
    )
    about = f"{counted(added.total(), 'suppressed address', 'suppressed addresses')} from {file.name}"
    audit.note_alone(here.context(), THE_COMMAND, Act.IMPORTED, about)
    if undated:
        click.echo(undated_in_words(undated, first_undated))
    if refused:
        sys.exit(1)


@suppressions.command("list")
@click.option(
    "--check", "address", metavar="EMAIL", type=HELD_EMAIL, help="Only say whether this address is suppressed, and why."
)
def list_(address: Address | None) -> None:
    """Write the suppressions to standard output, as CSV.

    Columns: hash, reason, at, source. The hash is under SUPPRESSION_KEY; addresses are not kept. To ask about one, use
    --check.
    """
    here = installation()
    if address is None:
        write_csv(list_suppressions(here.db))
        return
    click.echo(_in_words(here, address, why_suppressed(here.db, here.settings, address)))


@suppressions.command()
@click.argument("address", metavar="EMAIL", type=HELD_EMAIL)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(address: Address, as_json: bool) -> None:
    """Say whether this address is suppressed, why, since when and by whom."""
    here = installation()
    found = why_suppressed(here.db, here.settings, address)
    if as_json:
        why = {"reason": found.reason, "at": found.at.isoformat(), "source": found.source} if found else None
        click.echo(json.dumps({"email": address.shown, "suppressed": why}, indent=2, ensure_ascii=False))
        return
    click.echo(_in_words(here, address, found))


@suppressions.command()
@click.argument("address", metavar="EMAIL", type=HELD_EMAIL)
@click.option(
    "--reason", type=REASON, required=True, help="How you know that it may be mailed again; kept in the audit log."
)
@click.option("--asked-again", is_flag=True, help="Its owner has asked in writing to get mail again.")
def lift(address: Address, reason: str, asked_again: bool) -> None:
    """Let an address be mailed again.

    A complaint or an objection is lifted only with --asked-again. An erasure never is: only its owner lifts it, by
    asking on the form and confirming. SendGrid keeps lists of its own: take the address out there, too.
    """
    try:
        was = lift_suppression(installation().context(), address, reason, asked_again, THE_COMMAND)
    except NeedsTheirWord as refusal:
        raise Refused(f"{refusal} To say so, add --asked-again.") from None
    click.echo(f"{address.shown} is no longer suppressed. It was: {was}.")


def _in_words(here: OpenInstallation, address: Address, found: WhySuppressed | None) -> str:
    if found is None:
        return f"{address.shown} is not suppressed."
    since = here.settings.schedule.spoken(found.at)
    by = f" ({found.source})" if found.source else ""
    return f"{address.shown} is suppressed: {found.reason}, since {since}{by}."
