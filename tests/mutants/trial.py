"""One mutant on trial: a copy of the project, one piece of its source changed, the one test that must fail there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
LONGEST_SECONDS = 300.0

_COPIED = ("digest", "templates", "migrations", "tests", "pyproject.toml", "wsgi.py")
_PYTEST = """
import pathlib, sys
import digest, pytest
here = pathlib.Path.cwd().resolve()
sys.exit(pytest.main(sys.argv[1:]) if pathlib.Path(digest.__file__).resolve().is_relative_to(here) else "not the copy")
"""
"""pytest, unless it would look at the `digest` that is installed instead of the copy's."""
_OPTIONS = ("-n", "0", "-x", "-p", "no:cacheprovider", "-k", "not postgresql")
_NO_FINDING = ("NameError", "ImportError", "ModuleNotFoundError", "SyntaxError", "UnboundLocalError")
"""How a test ends where a mutant is no program, rather than a wrong one."""


@dataclass(frozen=True)
class Mutant:
    """A careless change: `piece`, which is once in `file`, `becomes` something else, and `test` is to notice it."""

    name: str
    file: str
    piece: str
    becomes: str
    promise: str
    test: str


class Verdict(StrEnum):
    """What became of a mutant. Only the first is good."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    UNCLEAR = "UNCLEAR"
    """The test did not fail as a test fails: it could not be collected, broke down, or hung."""
    NO_PLACE = "NO PLACE"
    """The piece is not exactly once in the file, or the file is not there."""


def times_found(mutant: Mutant) -> int:
    """How often the piece is in the file."""
    path = ROOT / mutant.file
    return path.read_text().count(mutant.piece) if path.is_file() else 0


def fault_in_unchanged(tests: Sequence[str]) -> str:
    """What pytest says of these tests in a copy that nothing is changed in; empty where all pass."""
    with _copy() as copy:
        status, said, _ = _run(copy, sorted(set(tests)), LONGEST_SECONDS * 2)
    return "" if status == 0 else said


def tried(mutant: Mutant) -> tuple[Verdict, str]:
    """The verdict, and what pytest said."""
    if times_found(mutant) != 1:
        return Verdict.NO_PLACE, f"{mutant.file} has it {times_found(mutant)} times"
    with _copy() as copy:
        path = copy / mutant.file
        path.write_text(path.read_text().replace(mutant.piece, mutant.becomes))
        status, said, failures = _run(copy, [mutant.test], LONGEST_SECONDS)
    if status == 0:
        return Verdict.SURVIVED, said
    caught = status == 1 and failures and not failures[0].startswith(_NO_FINDING)
    return (Verdict.CAUGHT if caught else Verdict.UNCLEAR), said


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder) / "copy"
        copy.mkdir()
        for name in _COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, copy / name)
        yield copy


def _run(copy: Path, tests: Sequence[str], seconds: float) -> tuple[int | None, str, list[str]]:
    """pytest's exit status (None: it hung), its words, and the first words of each failure of a test."""
    report = copy.parent / "report.xml"
    words = [*_OPTIONS, f"--basetemp={copy.parent / 'tmp'}", f"--junitxml={report}", *tests]
    with subprocess.Popen(
        [sys.executable, "-c", _PYTEST, *words],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return None, f"hung for {seconds:.0f} s", []
    return process.returncode, said, _failures(report)


def _failures(report: Path) -> list[str]:
    if not report.is_file():
        return []
    return [each.get("message", "") for each in ElementTree.parse(report).iter("failure")]  # noqa: S314 - pytest's own
