"""The epoch: how an installation knows that its database was brought back from an older backup.

Every claim is counted in the database, in its own transaction, and then noted in a file beside it before any byte
leaves. So the database is never behind the file, whatever crashes, unless it is an older copy of itself.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from digest.config import Settings

FILE_NAME = "claims"
_WIDTH = 32


def note_claims(settings: Settings, count: int) -> None:
    """Note that the database has counted so many claims; on disk when this returns. Never goes back."""
    settings.instance_path.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_path(settings), os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if count > _number(file.read()):
            # In place and always as long, so that it is one write to one sector.
            os.pwrite(file.fileno(), str(count).encode().rjust(_WIDTH - 1) + b"\n", 0)
            os.fdatasync(file.fileno())


def noted_claims(settings: Settings) -> int:
    """How many claims the file knows of; 0 where there is none."""
    path = _path(settings)
    return _number(path.read_bytes()) if path.exists() else 0


def _path(settings: Settings) -> Path:
    return settings.instance_path / FILE_NAME


def _number(content: bytes) -> int:
    return int(content.strip() or b"0")
