"""CSV on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterable


def write_csv(lines: Iterable[str]) -> None:
    """Write these lines as they are, with the line ends that they have."""
    sys.stdout.writelines(lines)
