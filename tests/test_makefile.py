"""`make run`, as a newcomer types it: whatever keeps the demo away is shown."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]


def make_run(folder: Path, demo_ends_with: int, *more: str) -> subprocess.CompletedProcess[str]:
    """`make run` with a `digest` whose demo says something and ends so."""
    program = folder / "bin" / "digest"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'[ "$1" != demo ] || {{ echo to stdout; echo to stderr >&2; exit {demo_ends_with}; }}\n'
        '[ "$1" != serve ] || [ -z "$SITE_URL" ] || echo "links lead to $SITE_URL"\n'
    )
    program.chmod(0o755)
    (folder / ".ready").touch()
    environ = {"PATH": os.environ["PATH"]}
    words = ["make", "run", f"VENV={folder}", *more]
    return subprocess.run(words, cwd=_ROOT, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_a_loaded_demo_is_told_and_the_site_is_served(tmp_path: Path) -> None:
    done = make_run(tmp_path, 0)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        "to stdout",
        f"{tmp_path}/bin/digest serve --with-scheduler --bind 127.0.0.1:8000",
    ]


def test_a_refused_demo_says_why_and_the_site_is_served(tmp_path: Path) -> None:
    done = make_run(tmp_path, 4)
    assert (done.returncode, done.stderr) == (0, "to stderr\n")
    assert done.stdout.splitlines()[2:] == [
        "So no demo was loaded.",
        f"{tmp_path}/bin/digest serve --with-scheduler --bind 127.0.0.1:8000",
    ]


def test_another_port_is_where_it_listens_and_where_links_lead(tmp_path: Path) -> None:
    done = make_run(tmp_path, 0, "PORT=8123")
    assert done.stdout.splitlines()[2:] == [
        f"{tmp_path}/bin/digest serve --with-scheduler --bind 127.0.0.1:8123",
        "links lead to http://127.0.0.1:8123",
    ]
    assert done.stderr == ""


@pytest.mark.parametrize("status", [1, 2, 75])
def test_a_demo_that_fails_shows_its_error_and_ends_the_run(tmp_path: Path, status: int) -> None:
    done = make_run(tmp_path, status)
    assert done.returncode != 0
    assert done.stderr.startswith("to stderr\n")
    assert "serve" not in done.stdout
