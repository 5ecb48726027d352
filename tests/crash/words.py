"""Settling, where this checkout has it: by a person's word and by silence."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

_NAME = "digest.operations.settling"
SETTLING: Any = import_module(_NAME) if find_spec(_NAME) else None
"""The module, or None."""
MISSING = "" if SETTLING else "operations/settling.py is not merged yet"
