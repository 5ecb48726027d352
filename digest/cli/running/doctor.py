"""`digest doctor`: everything that an operator must know, with remedies."""

from __future__ import annotations

import json
import sys

import click

from digest.cli.shared.installation import now, settings_for_a_start, until_the_end
from digest.domain.running.findings import Finding, FindingState, worst
from digest.operations.running.doctor import examine
from digest.operations.running.startup import open_as_it_is
from digest.operations.shared.context import Context

_SIGNS = {FindingState.OK: ("ok", "green"), FindingState.WARN: ("look", "yellow"), FindingState.BAD: ("BAD", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
def doctor(as_json: bool) -> None:
    """Say everything that an operator must know, with remedies.

    Settings, database, disk, clock, what is next, messages, webhook, backups and sources; then, asked of others, the
    sender’s domain, SendGrid’s account, and the site as seen from outside. It changes and sends nothing, and takes a
    few seconds at most. Exit status 1 if something is bad.
    """
    settings = settings_for_a_start()
    database = until_the_end(open_as_it_is(settings))
    found = examine(Context(database, settings, now()))
    if as_json:
        click.echo(json.dumps({"checks": [_as_json(each) for each in found]}, ensure_ascii=False, indent=1))
    else:
        for each in found:
            _write(each)
    sys.exit(1 if worst(found) is FindingState.BAD else 0)


def _as_json(found: Finding) -> dict[str, str]:
    return {"name": found.name, "state": found.state, "words": found.words, "remedy": found.remedy}


def _write(found: Finding) -> None:
    sign, colour = _SIGNS[found.state]
    click.echo(f"{click.style(f'{sign:<5}', fg=colour)} {found.name}: {found.words}")
    if found.remedy:
        click.echo(f"{'':5} → {found.remedy}")
