"""`digest issues`: past issues moved in, or taken along."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.shared.installation import installation
from digest.cli.shared.lines_files import FILE, lines_of, say_faults
from digest.cli.shared.output import counted
from digest.domain.people.acts import Act
from digest.operations.issues.issue_files import ImportedIssues, export_issues, import_issues
from digest.operations.people import audit
from digest.operations.people.audit import THE_COMMAND


@click.group()
def issues() -> None:
    """Bring past issues in as a file, or take them along."""


@issues.command("import")
@FILE
def import_(file: Path) -> None:
    """Keep the past issues in FILE, one JSON object a line, to be read in the archive. Nothing is sent.

    \b
    Each has: date (2024-05-17) and summaries (the ids of those it carried, in their order);
    and may have: number, subject, preheader, introduction and closing_note (Markdown), by_topic.

    FILE may be -, standard input. Import the summaries first. The whole file is read and checked: with a faulty line
    nothing is imported. What is there already stays as it is.
    """
    here = installation()
    with lines_of(file) as lines:
        imported = import_issues(here.context(), lines)
    _report(imported)
    if imported.added:
        about = counted(imported.added, "past issue")
        audit.note_alone(here.context(), THE_COMMAND, Act.IMPORTED, about)


@issues.command()
def export() -> None:
    """Write every past issue to standard output, the oldest first.

    One JSON object a line, as the import takes them. For a file: digest issues export > issues.jsonl
    """
    for line in export_issues(installation().db):
        click.echo(line)


def _report(imported: ImportedIssues) -> None:
    say_faults(imported.faults)
    total = imported.added + imported.already_there
    click.echo(f"{counted(total, 'issue')}: {imported.added:,} added, {imported.already_there:,} already there.")
    click.echo(f"The next issue will be number {imported.next_number:,}.")
