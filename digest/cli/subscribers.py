"""`digest subscribers`: bring readers in, take them along, show and erase one."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from digest.cli.installation import installation, now
from digest.domain.addresses import Address, BadAddress, parse
from digest.operations.privacy import Held, erase, what_we_hold
from digest.operations.refusal import Refused
from digest.operations.subscriber_files import Imported, export_subscribers, import_subscribers
from digest.storage.reader_copies import ReaderCopy
from digest.storage.subscribers import SubscriberState, subscriber_with_address


@click.group()
def subscribers() -> None:
    """Readers."""


@subscribers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--consent", required=True, help="The words that these readers agreed to; kept with each of them.")
def import_(file: Path, consent: str) -> None:
    """Add the readers in FILE, a CSV file with a header row.

    \b
    Columns: email; and any of name, state (confirmed, pending, unsubscribed),
    topics (separated by ; or ,), confirmed_at, unsubscribed_at (ISO), source.
    A row without a state is confirmed: at confirmed_at, else now.

    Good rows are added, the others reported; the exit status is 1 if any was refused. Readers whom we know already
    stay as they are, so nobody who left comes back. Run again after an interruption, it does what is left.
    """
    if not consent.strip():
        raise click.ClickException("--consent is empty: give the words that these readers agreed to.")
    here = installation()
    total = Imported(0, 0, 0, 0, ())
    refused = 0
    try:
        with file.open(encoding="utf-8-sig", newline="") as rows:
            for part in import_subscribers(here.db, here.settings, now(), rows, consent.strip(), file.name):
                for refusal in part.refused:
                    click.echo(f"line {refusal.line}: {refusal.reason}", err=True)
                refused += len(part.refused)
                total = _sum(total, part)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is not UTF-8 ({error.reason}): save it as CSV in UTF-8.") from None
    except Refused as refusal:
        raise click.ClickException(f"{file.name}: {refusal}") from None
    click.echo(
        f"{total.rows} rows: {total.added} added, {total.already_there} already there, "
        f"{total.suppressed} suppressed, {refused} refused."
    )
    if refused:
        sys.exit(1)


@subscribers.command()
@click.option("--state", type=click.Choice([state.value for state in SubscriberState]), help="Only these.")
def export(state: str | None) -> None:
    """Write readers to the standard output as CSV, in the columns that the import takes."""
    here = installation()
    csv.writer(sys.stdout).writerows(export_subscribers(here.db, state or ""))


@subscribers.command()
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(email: str, as_json: bool) -> None:
    """Show everything that we hold about a reader, and where each of their copies is."""
    here, address = installation(), _address(email)
    with here.db.reading() as session:
        found = subscriber_with_address(session, address.key)
        if found is None:
            raise click.ClickException(f"There is no subscriber {address.shown}.")
        held = what_we_hold(session, found)
    click.echo(json.dumps(_for_machines(held), indent=2, ensure_ascii=False) if as_json else _for_people(held))


@subscribers.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Don’t ask first. Without a terminal it never asks.")
def erase_(email: str, yes: bool) -> None:
    """Erase everything about a reader, and keep the address from being added again."""
    here, address = installation(), _address(email)
    if not yes and sys.stdin.isatty():
        click.confirm(f"Erase everything about {address.shown}? It can’t be undone.", abort=True)
    if erase(here.db, here.settings, now(), address.key, "the command"):
        click.echo(f"Everything about {address.shown} is erased. The address is suppressed: no import brings it back.")
    else:
        click.echo(f"{address.shown} was no subscriber. The address is suppressed now: no import adds it.")


def _sum(one: Imported, other: Imported) -> Imported:
    return Imported(
        one.rows + other.rows,
        one.added + other.added,
        one.already_there + other.already_there,
        one.suppressed + other.suppressed,
        (),
    )


def _address(email: str) -> Address:
    try:
        return parse(email)
    except BadAddress as error:
        raise click.ClickException(str(error)) from None


def _for_machines(held: Held) -> dict[str, object]:
    return {
        "email": held.email,
        "state": held.state,
        "topics": list(held.topics),
        "confirmed_at": _iso(held.confirmed_at),
        "unsubscribed_at": _iso(held.unsubscribed_at),
        "consent": [{**asdict(step), "at": _iso(step.at)} for step in held.consent],
        "issues": [_copy_for_machines(copy) for copy in held.copies],
    }


def _copy_for_machines(copy: ReaderCopy) -> dict[str, object]:
    return {
        "issue": copy.issue_date.isoformat(),
        "delivery": copy.delivery_id,
        "outcome": copy.where,
        "reason": copy.reason,
        "message_id": copy.message_id,
        "fate": copy.fate,
        "fate_reason": copy.fate_reason,
        "fate_at": _iso(copy.fate_at),
        "sent_again_at": _iso(copy.again_at),
    }


def _for_people(held: Held) -> str:
    lines = [
        f"{held.email}, {held.state}" + (", suppressed: gets no mail" if held.suppressed else ""),
        f"name: {held.name or 'not known'}",
        f"topics: {', '.join(held.topics) or 'everything'}",
        f"came by: {held.source or 'not recorded'}, {_iso(held.created_at)}",
        f"confirmed: {_iso(held.confirmed_at) or 'no'}",
        f"unsubscribed: {_iso(held.unsubscribed_at) or 'no'}",
        "consent:",
    ]
    for step in held.consent:
        lines.append(f"  {_iso(step.at)} {step.answer}, {step.place}")
        lines.append(f"    shown ({step.wording_version}): {step.wording}")
    lines.append("issues:" if held.copies else "issues: none")
    lines += [_copy_for_people(copy) for copy in held.copies]
    return "\n".join(lines)


def _copy_for_people(copy: ReaderCopy) -> str:
    parts = [f"  {copy.issue_date.isoformat()} delivery {copy.delivery_id}: {copy.where}"]
    parts += [f"because {copy.reason}"] if copy.reason else []
    parts += [f"SendGrid’s message {copy.message_id}"] if copy.message_id else []
    if copy.fate:
        said = f" ({copy.fate_reason})" if copy.fate_reason else ""
        parts.append(f"then {copy.fate}{said}, {_iso(copy.fate_at) or 'when, was not said'}")
    parts += [f"sent again {_iso(copy.again_at)}"] if copy.again_at else []
    return "; ".join(parts)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
