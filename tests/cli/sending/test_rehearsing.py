"""The rehearsal as docs/operating.md has it, line for line, on a copy of an installation whose issue has just gone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from digest.config import Settings
from digest.storage.base.database import Database
from tests.cli.shell import Shell, select_one
from tests.factories import make_readers
from tests.loopback.sendgrid import LoopbackSendGrid

pytestmark = pytest.mark.only_on("sqlite")  # whose backup is a file

CHECKOUT = Path(__file__).parents[3]
WITHOUT_THE_TOOL = """sqlite3() {{
{python} -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2].split()[1]))' "$@"
}}
"""


def documented(settings: Settings) -> Sequence[str]:
    """The blocks of the chapter, with our folder and our Python in place of the document's."""
    chapter = (CHECKOUT / "docs" / "operating.md").read_text().partition("## Rehearsal")[2].partition("\n## ")[0]
    there = {
        "sudo -u digest ": "",
        "/var/lib/digest": str(settings.instance_path),
        "/srv/digest": str(CHECKOUT),
        ".venv/bin/digest": f"{sys.executable} -m digest.cli",
        "some.jsonl": f"{settings.instance_path}/some.jsonl",
    }
    blocks = re.findall(r"^```\n(.*?)^```", chapter, re.DOTALL | re.MULTILINE)
    return [re.sub("|".join(map(re.escape, there)), lambda found: there[found[0]], block) for block in blocks]


def run(shell: Shell, block: str) -> subprocess.CompletedProcess[str]:
    script = WITHOUT_THE_TOOL.format(python=sys.executable) + block
    return subprocess.run(["bash", "-ec", script], env=shell.environ, capture_output=True, text=True, timeout=120)


def rehearsed(sendgrid: LoopbackSendGrid) -> int:
    return sendgrid.addresses().count("you@example.org")


def test_the_day_after_an_issue_the_next_one_is_rehearsed(
    shell: Shell, db: Database, settings: Settings, sendgrid: LoopbackSendGrid
) -> None:
    make_readers(db, settings, 3)
    select_one(db, settings)
    assert shell.run("send")[0] == 0
    assert rehearsed(sendgrid) == 0
    make_and_send, import_some = documented(settings)

    empty = run(shell, make_and_send)
    assert empty.returncode == 4
    assert "Nothing is selected. The issue of " in empty.stderr
    assert "`digest summaries import FILE.jsonl --select`" in empty.stderr

    summary = {"title": "A fine", "date": "2024-05-15", "publication": "Reuters", "body": "It was fined."}
    (settings.instance_path / "some.jsonl").write_text(json.dumps(summary))
    assert run(shell, import_some).returncode == 0
    [send] = [line for line in make_and_send.splitlines() if line.endswith(" send")]
    done = run(shell, send)
    assert (done.returncode, rehearsed(sendgrid)) == (0, 3)
    assert "A rehearsal: every copy goes to you@example.org." in done.stdout

    select_one(db, settings)
    copied_again = run(shell, make_and_send)
    assert (copied_again.returncode, rehearsed(sendgrid)) == (0, 6)
    assert copied_again.stderr == ""
