"""Files and folders that only their owner may read, whatever the umask: what is in them is about readers.

Modes are given when a thing is made, so that it is never open, not even for a moment. What was made loosely before, by
an older version or by hand, is put right by `close_to_others`.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700
PRIVATE = 0o077
"""As a umask: nothing for anybody but the owner, whatever makes a file without saying how."""


def make_folder(path: Path) -> None:
    """Make the folder, and those above it that are missing, for its owner alone. One that exists stays as it is."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if not path.is_dir():
        raise NotADirectoryError(20, "Not a directory", str(path))


def make_file(path: Path) -> None:
    """Make an empty file for its owner alone, unless there is one."""
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, FILE_MODE))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file for its owner alone: under another name first, so that nobody ever sees a part of it."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
            file.write(content)
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def is_open_to_others(path: Path, others: int = PRIVATE) -> bool:
    """Whether anybody but its owner may do anything with it; False where it is not there."""
    try:
        return bool(path.stat().st_mode & others)
    except OSError:
        return False


def mode_of(path: Path) -> str:
    """Its mode as `chmod` takes it, such as `755`."""
    return f"{path.stat().st_mode & 0o7777:o}"


def close_to_others(path: Path) -> bool:
    """Take from everybody but its owner what they may do with it; False where that is not ours to do."""
    try:
        path.chmod(path.stat().st_mode & 0o7777 & ~PRIVATE)
    except OSError:
        return False
    return True
