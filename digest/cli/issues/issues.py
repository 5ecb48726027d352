"""`digest issues`: past issues moved in, or taken along."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from digest.cli.shared.failing import Failed
from digest.cli.shared.import_words import as_named
from digest.cli.shared.installation import installation
from digest.cli.shared.lines_files import lines_of, say_faults, told_of
from digest.cli.shared.output import counted
from digest.domain.people.acts import Act
from digest.operations.issues.export_files import export_files
from digest.operations.issues.foreign_posts import posts_in
from digest.operations.issues.issue_files import ImportedIssues, export_issues, import_issues, import_posts
from digest.operations.issues.past_posts import issues_of
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND
from digest.operations.shared.context import Context
from digest.operations.shared.former_senders import BY_NAME


@click.group()
def issues() -> None:
    """Bring past issues in as a file, or take them along."""


@issues.command("import")
@click.argument("file", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option(
    "--from",
    "sender",
    type=click.Choice(list(BY_NAME)),
    default=None,
    help="Whose export it is, where it doesn’t tell.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing: say what would become of each.")
def import_(file: Path, sender: str | None, dry_run: bool) -> None:
    """Keep past issues, to be read in the archive. Nothing is sent.

    FILE has one JSON object a line, or is a service’s export of posts or campaigns: a file, a ZIP archive, a folder.

    \b
    A line has: date (2024-05-17) and summaries (the ids of those it carried, in their order);
    and may have: number, subject, preheader, introduction and closing_note (Markdown), by_topic,
    body_html (in place of the introduction).

    FILE may be -, standard input. Import the summaries first. The whole file is read and checked: with a faulty line
    nothing is imported. Posts that are no issue (drafts, pages, what only some may read) are passed over, and named.
    What is there already stays as it is.
    """
    here = installation()
    with told_of(file):
        added = _import_export(here.context(), file, sender or "", dry_run)
        if added is None:
            with lines_of(file) as lines:
                imported = import_issues(here.context(), lines, dry_run)
            _report(imported, dry_run)
            added = imported.added
    if added and not dry_run:
        audit.note_alone(here.context(), THE_COMMAND, Act.IMPORTED, counted(added, "past issue"))


def _import_export(context: Context, path: Path, sender: str, dry_run: bool) -> int | None:
    """How many issues were added of a service's export; None for what is none."""
    if str(path) == "-" or (path.suffix == ".jsonl" and not sender):
        return None
    with as_named(path), export_files(path) as files:
        posts = posts_in(files, sender)
        if posts is None and not path.is_dir():
            return None
        if posts is None:
            raise Failed(f"{path.name}: no export of a service’s posts that is known. Say whose it is with --from.")
        read = list(posts)
    issues_read, passed = issues_of(context.settings, read)
    imported, more = import_posts(context, issues_read, dry_run)
    for each in (*passed, *more):
        click.echo(f"passed over: {each.where}: {each.why}", err=True)
    beside = len(read) - len(passed) - len(issues_read)
    click.echo(
        f"{_NOTHING if dry_run else ''}{counted(len(read), 'post')}: {counted(imported.added, 'issue')} added, "
        f"{imported.already_there:,} already there, {len(passed) + len(more):,} passed over, {beside:,} in one issue "
        "with another of their day."
    )
    if more:
        sys.exit(1)
    return imported.added


@issues.command()
def export() -> None:
    """Write every past issue to standard output, the oldest first.

    One JSON object a line, as the import takes them. For a file: digest issues export > issues.jsonl
    """
    for line in export_issues(installation().db):
        click.echo(line)


_NOTHING = "Nothing was changed. It would be so: "


def _report(imported: ImportedIssues, dry_run: bool) -> None:
    say_faults(imported.faults)
    total = imported.added + imported.already_there
    told = _NOTHING if dry_run else ""
    click.echo(f"{told}{counted(total, 'issue')}: {imported.added:,} added, {imported.already_there:,} already there.")
    if dry_run:
        return
    click.echo(f"The next issue will be number {imported.next_number:,}.")
