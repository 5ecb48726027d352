"""`digest subscribers add`, `correct`, `unsubscribe`, `resend` and `list`: the desk's acts for readers, by command."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from digest.cli.shared.installation import OpenInstallation, installation
from digest.cli.shared.parameters import CONSENT, EMAIL, HELD_EMAIL, REASON
from digest.domain.shared.addresses import Address
from digest.operations.people.audit import THE_COMMAND
from digest.operations.readers import on_behalf
from digest.operations.sending.welcoming import NO_WELCOME, add_and_welcome
from digest.storage.readers.subscriber_list import SUPPRESSED, WantedReaders, subscriber_page
from digest.storage.readers.subscribers import Subscriber, SubscriberState
from digest.storage.writing.topics import all_topics

_AT_ONCE = 1_000
_STATES = [*(state.value for state in SubscriberState), SUPPRESSED]


@click.command()
@click.argument("address", metavar="EMAIL", type=EMAIL)
@click.option(
    "--consent", type=CONSENT, required=True, help="Who asked, when and in which words; kept as their consent."
)
@click.option("--welcome", is_flag=True, help="Mail them the latest issue, as to whoever confirms.")
def add(address: Address, consent: str, welcome: bool) -> None:
    """Add a reader who consented offline.

    They are confirmed, and without --welcome nothing is mailed to them before the next issue. Who left, was erased or
    is suppressed is refused.
    """
    context = installation().context()
    if not welcome:
        on_behalf.add_reader(context, address, consent, "", THE_COMMAND)
        click.echo(f"{address.shown} is a reader now.")
        return
    _, welcomed = add_and_welcome(context, address, consent, "", THE_COMMAND)
    told = "The latest issue is on its way to them." if welcomed else NO_WELCOME
    click.echo(f"{address.shown} is a reader now. {told}")


@click.command()
@click.argument("old", metavar="OLD", type=HELD_EMAIL)
@click.argument("new", metavar="NEW", type=EMAIL)
@click.option(
    "--reason",
    type=REASON,
    default="A mistake in writing.",
    help="How you know that it is wrong; kept with their consent.",
)
def correct(old: Address, new: Address, reason: str) -> None:
    """Correct a mistake in a reader’s address.

    Who has not confirmed is asked to at the new one; who has, is told at both.
    """
    here = installation()
    on_behalf.correct_address(here.context(), _number(here, old), new, reason, THE_COMMAND)
    click.echo(f"The address is {new.shown} now.")


@click.command()
@click.argument("address", metavar="EMAIL", type=HELD_EMAIL)
def unsubscribe(address: Address) -> None:
    """Unsubscribe a reader who asked for it.

    It counts as their own word.
    """
    here = installation()
    on_behalf.unsubscribe_reader(here.context(), _number(here, address), THE_COMMAND)
    click.echo(f"{address.shown} is unsubscribed.")


@click.command()
@click.argument("address", metavar="EMAIL", type=HELD_EMAIL)
def resend(address: Address) -> None:
    """Mail the link that confirms once more.

    A mailbox gets one an hour, three in 30 days.
    """
    here = installation()
    on_behalf.ask_again(here.context(), _number(here, address), THE_COMMAND)
    click.echo(f"The link to confirm is on its way to {address.shown}.")


@click.command("list")
@click.option("--state", type=click.Choice(_STATES), help="Only these.")
@click.option("--topic", metavar="SLUG", default="", help="Only those who chose this topic, by its name in addresses.")
@click.option("--search", metavar="TEXT", default="", help="Only addresses that begin so.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(state: str | None, topic: str, search: str, as_json: bool) -> None:
    """List readers, the newest first.

    Address, state, topics and since when; with --search in the order of addresses.
    """
    here = installation()
    if topic:
        _must_be_known(here, topic)
    found = _found(here, WantedReaders(state or "", topic, search.strip().lower()))
    if as_json:
        _list_for_machines(found)
        return
    is_empty = True
    for reader in found:
        is_empty = False
        since = reader.unsubscribed_at or reader.confirmed_at or reader.created_at
        click.echo(f"{reader.email}  {reader.state}  {reader.topics or 'everything'}  {since:%Y-%m-%d}")
    if is_empty:
        click.echo("No reader matches.", err=True)


def _list_for_machines(found: Iterator[Subscriber]) -> None:
    comma = ""
    click.echo("[", nl=False)
    for reader in found:
        click.echo(f"{comma}\n  {json.dumps(_for_machines(reader), ensure_ascii=False)}", nl=False)
        comma = ","
    click.echo("\n]" if comma else "]")


def _must_be_known(here: OpenInstallation, topic: str) -> None:
    with here.db.reading() as session:
        known = sorted(each.slug for each in all_topics(session))
    if topic not in known:
        raise click.UsageError(f"There is no topic “{topic}”. Give its name in addresses: {', '.join(known)}.")


def _found(here: OpenInstallation, wanted: WantedReaders) -> Iterator[Subscriber]:
    after = ""
    while True:
        with here.db.reading() as session:
            page = subscriber_page(session, wanted, after, _AT_ONCE)
        yield from page.found
        after = page.after
        if not after:
            return


def _for_machines(reader: Subscriber) -> dict[str, object]:
    return {
        "email": reader.email,
        "state": reader.state,
        "topics": [slug for slug in reader.topics.split(",") if slug],
        "confirmed_at": reader.confirmed_at.isoformat() if reader.confirmed_at else None,
        "unsubscribed_at": reader.unsubscribed_at.isoformat() if reader.unsubscribed_at else None,
    }


def _number(here: OpenInstallation, address: Address) -> int:
    with here.db.reading() as session:
        return on_behalf.reader_of(session, address)
