"""`digest feeds`: what is watched, brought in, taken along, added, tried out, asked and listed."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from digest.cli.shared.failing import Failed
from digest.cli.shared.installation import OpenInstallation, installation, now, settings_for_a_start, until_the_end
from digest.cli.shared.output import counted
from digest.config import BadSetting
from digest.feeds.base.entries import Entry, UnreadableDocument
from digest.feeds.fetching.asker import Asker
from digest.feeds.fetching.fetcher import Fetcher
from digest.feeds.fetching.rules import fetch_rules
from digest.operations.running.startup import open_database
from digest.operations.sources.collecting import Poll, Poller, poll
from digest.operations.sources.finding import FoundSource, Search, find
from digest.operations.sources.grouping import group_leads
from digest.operations.sources.sitemaps import find_sitemap, with_first_look
from digest.operations.sources.source_files import export_sources, import_sources, listed_sources
from digest.operations.sources.visiting import PacedFetcher, SlowFetcher
from digest.operations.sources.watching import Watched, already_watched, name_for, watch
from digest.operations.writing.meaning import Said
from digest.storage.sources.source_list import SourceLine

_SHOWN = 10
_PATIENCE = 60.0
"""Seconds for whoever else is just finding the stories of new leads."""


@click.group()
def feeds() -> None:
    """Watch feeds and pages: what they bring waits on the desk."""


@feeds.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
def import_(file: Path) -> None:
    """Watch every feed in FILE, an OPML list as feed readers export it.

    Titles become publications, folders become topics. What is watched already stays as it is, so the same list twice
    changes nothing. FILE may be -, standard input. Nothing is asked yet: that is for the clock, or digest feeds poll.
    """
    here = installation()
    try:
        imported = import_sources(here.context(), _content_of(file), "the import")
    except UnreadableDocument as error:
        raise Failed(f"{file.name}: {error} Nothing was imported.") from None
    for name, reason in imported.refused:
        click.echo(f"{name}: {reason}", err=True)
    total = imported.added + imported.already_there + len(imported.refused)
    click.echo(
        f"{counted(total, 'feed')}: {imported.added:,} added, {imported.already_there:,} already there, "
        f"{len(imported.refused):,} refused."
    )
    if imported.refused:
        sys.exit(1)


@feeds.command()
def export() -> None:
    """Write all feeds to standard output, as OPML. For a file: digest feeds export > feeds.opml"""
    here = installation()
    click.echo(export_sources(here.context(), here.settings.site_name).decode(), nl=False)


@feeds.command()
@click.argument("url")
@click.option("--publication", default="", metavar="NAME", help="Whose it is; without it, the feed’s own title.")
@click.option("--sitemap", is_flag=True, help="Watch the page through its site’s sitemap, where it has no list.")
def add(url: str, publication: str, sitemap: bool) -> None:
    """Watch the feed at URL, or what the page at URL has.

    That is the feed that it names, or else the page itself. It is asked at once, and its last 14 days become leads.
    """
    here = installation()
    if not sitemap and (known := already_watched(here.context(), url.strip())):
        click.echo(_watched_in_words(known))
        return
    asker = _paced(here)
    found = with_first_look(asker, find_sitemap(Search(asker), url), now()) if sitemap else find(Search(asker), url)
    said = Said(name_for(found, publication), make=True)  # what a command is given, is meant
    watched = watch(here.context(), found, publication, "the command line", said)
    if isinstance(watched, Watched):
        click.echo(_watched_in_words(watched))
    group_leads(here.context(), _PATIENCE)


@feeds.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with everything that it holds.")
@click.option("--sitemap", is_flag=True, help="What the sitemap of the page’s site brings.")
def preview(url: str, as_json: bool, sitemap: bool) -> None:
    """Show what watching URL would bring: everything that it holds now. Nothing is added."""
    search = Search(_asker_for_a_preview())
    found = find_sitemap(search, url) if sitemap else find(search, url)
    if as_json:
        click.echo(_in_json(_preview(found)))
        return
    click.echo(f"{found.bulletin.title or found.url}\n{_found_in_words(found)}")
    for entry in found.bulletin.entries[:_SHOWN]:
        day = f"{entry.published_at:%Y-%m-%d}" if entry.published_at else "no date   "
        click.echo(f"{day}  {entry.title}")
    if (more := len(found.bulletin.entries) - _SHOWN) > 0:
        click.echo(f"and {more:,} more")


@feeds.command("poll")
@click.option(
    "--all", "everything", is_flag=True, help="Everything, due or not; still conditional, at its host’s pace."
)
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object.")
def poll_(everything: bool, as_json: bool) -> None:
    """Ask every source that is due, once, and take in what is new. The clock does the same by itself.

    Exit status 0 if every one was asked, whatever it answered; `digest feeds list` tells of each. 75 if interrupted.
    """
    here = installation()
    with _stopped_by_signals() as stop:
        done = poll(Poller(here.db, here.settings, _fetcher(here), now, stop), everything)
        if done.new_leads and not stop.is_set():
            group_leads(here.context(), _PATIENCE)
    click.echo(_in_json(asdict(done)) if as_json else _poll_in_words(done))
    if stop.is_set():
        sys.exit(os.EX_TEMPFAIL)


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(as_json: bool) -> None:
    """Write every source and how it is doing, by publication."""
    lines = listed_sources(installation().context())
    for line in lines:
        click.echo(
            _in_json(_listed(line))
            if as_json
            else f"{line.state:<11}{line.publication}  {line.url}\n{'':11}{line.words}"
        )
    if not lines and not as_json:
        click.echo("Nothing is watched yet. digest feeds add URL, or digest feeds import FILE.opml")


def _content_of(file: Path) -> bytes:
    return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()


def _paced(here: OpenInstallation) -> PacedFetcher:
    return PacedFetcher(here.db, here.settings, _fetcher(here))


def _asker_for_a_preview() -> Asker:
    """One that heeds what hosts asked of this installation; a preview may also be what somebody begins with."""
    settings = settings_for_a_start()
    try:
        return _paced(OpenInstallation(settings, until_the_end(open_database(settings))))
    except BadSetting:
        return SlowFetcher(Fetcher(fetch_rules(settings)))


def _fetcher(here: OpenInstallation) -> Fetcher:
    return Fetcher(fetch_rules(here.settings))


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl+C set: what is being asked may answer, then it ends."""
    stop = threading.Event()
    kept = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)


def _watched_in_words(watched: Watched) -> str:
    if not watched.is_new:
        return f"Already watched: {watched.url} ({watched.publication})."
    what = "feed" if watched.kind == "feed" else "page, which has no feed,"
    entries, leads = counted(watched.entries, "entry", "entries"), counted(watched.new_leads, "new lead")
    return f"Watching the {what} {watched.url} ({watched.publication}): {entries}, {leads}."


def _found_in_words(found: FoundSource) -> str:
    entries = counted(len(found.bulletin.entries), "entry", "entries")
    if found.kind == "feed":
        return f"A feed with {entries}, at {found.url}"
    if found.fetch_url:
        return f"A page read through its site’s sitemap, which has {entries} for it, at {found.fetch_url}"
    return f"A page without a feed; {entries} found on it, at {found.url}"


def _preview(found: FoundSource) -> dict[str, object]:
    return {
        "kind": found.kind.value,
        "title": found.bulletin.title,
        "words": _found_in_words(found),
        "entries": [_entry(entry) for entry in found.bulletin.entries],
    }


def _entry(entry: Entry) -> dict[str, object]:
    return {
        "guid": entry.guid,
        "title": entry.title,
        "url": entry.url,
        "published_at": _moment(entry.published_at),
    }


def _listed(line: SourceLine) -> dict[str, object]:
    return {
        "url": line.url,
        "kind": line.kind,
        "publication": line.publication,
        "state": line.state,
        "words": line.words,
        "last_checked_at": _moment(line.checked_at),
        "last_ok_at": _moment(line.ok_at),
        "next_at": _moment(line.next_at),
        "entries": line.entries,
        "leads_used": line.leads_used,
    }


def _poll_in_words(done: Poll) -> str:
    return (
        f"{counted(done.sources, 'source')}: {done.fetched:,} brought something to read, {done.unchanged:,} unchanged, "
        f"{done.failed:,} failed, {done.skipped:,} not asked. {counted(done.new_leads, 'new lead')}, "
        f"in {done.seconds:.1f} s."
    )


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None


def _in_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
