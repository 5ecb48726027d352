"""`make audit`: are the locked libraries known to be vulnerable? pip-audit is asked; what it passed over is counted.

pip-audit ends well where it could look nothing up: behind a mirror that serves no advisories it says “no known
vulnerabilities” of everything. Exit status: 0 all were looked up and are sound, 1 one is vulnerable or not locked with
its hashes, 3 some could not be looked up.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
LOCKED = (_ROOT / "requirements.txt", _ROOT / "requirements-dev.txt")
SOUND, UNSOUND, NOT_LOOKED_UP = 0, 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Audit the files; `--if-reachable` says and forgives advisories out of reach. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=LOCKED)
    parser.add_argument("--if-reachable", action="store_true", help="end with 0 where no advisory can be looked up")
    asked = parser.parse_args(arguments)
    status = max(_audit(file) for file in asked.files)
    return SOUND if asked.if_reachable and status == NOT_LOOKED_UP else status


def verdict(name: str, dependencies: Sequence[Mapping[str, Any]]) -> tuple[int, str]:
    """The exit status and the words for pip-audit's findings on one file."""
    found = [
        f"{each['name']} {each['version']}: {vuln['id']}" for each in dependencies for vuln in each.get("vulns", [])
    ]
    if found:
        return (
            UNSOUND,
            f"{name}: known vulnerabilities. Raise these in pyproject.toml and run make lock: {'; '.join(found)}.",
        )
    passed_over = [each["name"] for each in dependencies if "skip_reason" in each]
    if passed_over:
        of = f"{len(passed_over)} of {len(dependencies)} libraries"
        return (
            NOT_LOOKED_UP,
            f"{name}: no advisories could be had for {of}. Run make audit where PyPI itself can be reached.",
        )
    return SOUND, f"{name}: {len(dependencies)} libraries, none known to be vulnerable."


def _audit(file: Path) -> int:
    words = ["-m", "pip_audit", "-r", str(file), "--require-hashes", "--disable-pip", "--format=json"]
    done = subprocess.run(
        [sys.executable, *words, "--progress-spinner=off"], capture_output=True, text=True, check=False
    )
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except ValueError:
        sys.stderr.write(f"{file.name}: {done.stderr.strip() or 'pip-audit said nothing'}\n")
        return UNSOUND
    status, said = verdict(file.name, dependencies)
    sys.stderr.write(f"{said}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
