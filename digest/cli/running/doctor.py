"""`digest doctor`: everything that an operator must know, with remedies."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Never

import click

from digest.cli.shared.installation import installation, now, settings_for_a_start, until_the_end
from digest.config import BadSetting
from digest.domain.running.findings import Finding, FindingState, broken, worst
from digest.mail.transports import open_transport
from digest.operations.running import rehearsing_alerts
from digest.operations.running.doctor import examine
from digest.operations.running.startup import open_as_it_is
from digest.operations.shared.context import Context

_SIGNS = {FindingState.OK: ("ok", "green"), FindingState.WARN: ("look", "yellow"), FindingState.BAD: ("BAD", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option("--rehearse-alerts", is_flag=True, help="Instead: send an alert of each kind by every way there is.")
def doctor(as_json: bool, rehearse_alerts: bool) -> None:
    """Say everything that an operator must know, with remedies.

    Settings, database, disk, clock, what is next, messages, webhook, backups and sources; then, asked of others, the
    sender’s domain, SendGrid’s account, and the site as seen from outside. It changes and sends nothing, and takes a
    few seconds at most. Exit status 1 if something is bad.

    With --rehearse-alerts it looks at nothing: every editor and ALERT_URL get one alert of each kind, marked as a
    rehearsal. Exit status 1 if one of the ways did not take them all.
    """
    if rehearse_alerts:
        _rehearse(as_json)
    found = _examined()
    if as_json:
        click.echo(json.dumps({"checks": [_as_json(each) for each in found]}, ensure_ascii=False, indent=1))
    else:
        for each in found:
            _write(each)
    sys.exit(1 if worst(found) is FindingState.BAD else 0)


def _examined() -> list[Finding]:
    try:
        settings = settings_for_a_start()
    except BadSetting as error:
        return [broken("settings", f"{error}.", "Mend that in the environment or in `.env`; nothing starts before.")]
    database = until_the_end(open_as_it_is(settings))
    return examine(Context(database, settings, now()))


def _rehearse(as_json: bool) -> Never:
    ours = installation()
    ways = rehearsing_alerts.rehearse_alerts(Context(ours.db, ours.settings, now()), open_transport(ours.settings))
    if as_json:
        click.echo(json.dumps({"ways": [asdict(way) for way in ways]}, ensure_ascii=False, indent=1))
    else:
        for way in ways:
            sign, colour = _SIGNS[FindingState.OK if way.well else FindingState.BAD]
            taken = f"{way.taken} of {way.given} were accepted" if way.given else "nothing was sent"
            words = f"{taken}: {way.fault}" if way.fault else taken
            click.echo(f"{click.style(f'{sign:<5}', fg=colour)} {way.name}: {words}.")
    sys.exit(0 if all(way.well for way in ways) else 1)


def _as_json(found: Finding) -> dict[str, str]:
    return {"name": found.name, "state": found.state, "words": found.words, "remedy": found.remedy}


def _write(found: Finding) -> None:
    sign, colour = _SIGNS[found.state]
    click.echo(f"{click.style(f'{sign:<5}', fg=colour)} {found.name}: {found.words}")
    if found.remedy:
        click.echo(f"{'':5} → {found.remedy}")
