"""Every mutant."""

from __future__ import annotations

from collections.abc import Sequence

from tests.mutants.inner import INNER
from tests.mutants.outer import OUTER
from tests.mutants.trial import Mutant

MUTANTS: Sequence[Mutant] = (*INNER, *OUTER)
