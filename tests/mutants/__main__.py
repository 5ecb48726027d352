"""`make mutants`: try every mutant, or those named; exit status 1 if one is not caught."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.mutants.table import MUTANTS
from tests.mutants.trial import Mutant, Verdict, fault_in_unchanged, tried

_AT_ONCE = 2
_LAST_LINES = 15


def main(arguments: Sequence[str] | None = None) -> int:
    """Try them, a line each, then the sum. Returns the exit status."""
    known = {mutant.name: mutant for mutant in MUTANTS}
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(known)}")
    names = parser.parse_args(arguments).names
    if unknown := [name for name in names if name not in known]:
        parser.error(f"there is no mutant {', '.join(unknown)}")
    mutants = [known[name] for name in names] or MUTANTS
    if fault := fault_in_unchanged([mutant.test for mutant in mutants]):
        _say(f"Without any change these tests must pass:\n{fault}")
        return 1
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        verdicts = [_told(mutant, *found) for mutant, found in zip(mutants, pool.map(tried, mutants), strict=True)]
    caught = verdicts.count(Verdict.CAUGHT)
    _say(f"{caught} of {len(mutants)} mutants caught")
    return 0 if caught == len(mutants) else 1


def _told(mutant: Mutant, verdict: Verdict, said: str) -> Verdict:
    _say(f"{verdict:<9} {mutant.name}: {mutant.promise}")
    if verdict is not Verdict.CAUGHT:
        _say("\n".join(f"    {line}" for line in (mutant.test, *said.splitlines()[-_LAST_LINES:])))
    return verdict


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
