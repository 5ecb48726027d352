"""Where tests keep what is gone after them: in memory, so that no commit waits for a disk that nobody will read."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory; each run makes folders of its own in it
_ROOM = 2 * 1024**3
"""Bytes that must be free there. Two processes of tests, their databases and a browser need a quarter of that."""


def keep_in_memory() -> None:
    """Let temporary folders of this process and its children be in memory, if there is room and nobody said where."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK) or shutil.disk_usage(_MEMORY).free < _ROOM:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(_MEMORY)
