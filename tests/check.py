"""`make check`: the tests nearest to a change, nearest first, on SQLite, for as long as somebody waits.

What has changed is asked of git: since the branch left main, or since the commit given. A test file is near if it is
named like a changed file (digest/web/issues/issue.py, tests/web/issues/test_issue.py), then if it lies in the mirrored
folder, then by how many imports it is from it. What can not be imported stands for the Python files that name it.
"""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SECONDS = 40.0
"""How long tests may begin; with formatting, linters and types that makes a minute."""
MOST = 40
"""Test files; reading more of them takes too much of that time."""
_FARTHEST = 3
"""Imports between a test file and a change beyond which nearly everything is near everything."""
_FAR = _FARTHEST + 1
_HUBS = ("tests.conftest", "tests.factories")
"""Imported by nearly all tests, and importing nearly all of digest: no way leads through them."""
_SLOW = ("crash", "browser", "bench")
"""Rooms whose tests take minutes: only those that have themselves changed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is near the change; returns pytest's exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.check", description=__doc__)
    parser.add_argument("--since", default="main", help="a branch or commit; what came after it is the change")
    parser.add_argument("--list", action="store_true", help="name the test files, nearest first, and run nothing")
    asked = parser.parse_args(arguments)
    near = nearest(ROOT, changed(ROOT, asked.since))
    files = near[:MOST]
    if asked.list or not files:
        sys.stdout.write("".join(f"{file}\n" for file in files) or "No test is near what has changed.\n")
        return 0
    if len(near) > MOST:
        sys.stdout.write(f"{len(near)} test files are near; `make test` runs those beyond the {MOST} nearest.\n")
    hands = ["-n", "auto"] if len(files) > 2 else []
    return int(pytest.main([*files, *hands, "-m", "not postgresql", "-p", "tests.check"]))


def changed(root: Path, since: str) -> list[str]:
    """The paths that differ from where this branch left `since`, new ones included; those of the last commit on it."""
    base = _git(root, "merge-base", "HEAD", since)[0]
    new = _git(root, "ls-files", "--others", "--exclude-standard")
    found = {*_git(root, "diff", "--name-only", base), *new}
    return sorted(found or _git(root, "diff", "--name-only", "HEAD~1"))


def nearest(root: Path, paths: Iterable[str]) -> list[str]:
    """The test files near the changed paths, nearest first."""
    imports = {_module(file): file for file in _python(root)}
    graph = {module: _imports(root / file, imports) for module, file in imports.items()}
    files = {file for path in paths for file in _standing_for(root, path, imports.values())}
    by_imports = _steps({_module(file) for file in files}, graph)
    ranks: dict[str, tuple[int, int]] = {}
    for module, test in imports.items():
        if not Path(test).name.startswith("test_"):
            continue
        rank = min((_mirrors(test, file) for file in files), default=_FAR)
        steps = by_imports.get(module, _FAR)
        slow = Path(test).parts[1] in _SLOW and test not in files
        if not slow and min(rank, steps) <= _FARTHEST:
            ranks[test] = (min(rank, steps), steps)
    return sorted(ranks, key=lambda test: (ranks[test], test))


def _python(root: Path) -> Iterator[str]:
    for package in ("digest", "tests"):
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root).as_posix()


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(path: Path, known: Collection[str]) -> set[str]:
    """The modules that a file imports, of those that are ours."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found & set(known)


def _standing_for(root: Path, path: str, python: Collection[str]) -> list[str]:
    """The Python files that stand for a changed path: itself, else those that name it or, failing that, its folder."""
    if path in python or not (root / path).exists():
        return [path]
    texts = {file: (root / file).read_text() for file in python}
    folders = [f'"{parent.name}"' for parent in Path(path).parents if parent.name]
    for name in ("/".join(Path(path).parts[-2:]), Path(path).name, *folders):
        if found := [file for file, text in texts.items() if name in text]:
            return [path, *found]
    return [path]


def _mirrors(test: str, changed_file: str) -> int:
    """0 for the file itself and those named like it, 1 for the mirrored folder, else far."""
    ours, theirs = Path(test), Path(changed_file)
    if test == changed_file or ours.stem.startswith(f"test_{theirs.stem.lower()}"):
        return 0
    mirrored = theirs.parent.parts[1:]
    return 1 if mirrored and ours.parent.parts[1:] == mirrored else _FAR


def _steps(begin: Collection[str], graph: Mapping[str, Collection[str]]) -> dict[str, int]:
    """How many imports each module is from these."""
    steps, edge = dict.fromkeys(begin, 0), set(begin)
    for step in range(1, _FARTHEST + 1):
        edge = {
            module for module, imports in graph.items() if module not in steps and not edge.isdisjoint(imports)
        } - set(_HUBS)
        steps |= dict.fromkeys(edge, step)
    return steps


def _git(root: Path, *words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.splitlines()


_begun = time.monotonic()


def pytest_runtest_setup(item: pytest.Item) -> None:  # noqa: ARG001
    """As a plugin of the run that `main` begins: leave out what would not begin in time."""
    if time.monotonic() - _begun > SECONDS:
        pytest.skip(f"over {SECONDS:.0f} seconds: `make test` runs it")


if __name__ == "__main__":
    sys.exit(main())
