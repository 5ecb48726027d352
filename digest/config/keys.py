"""The instance folder and the two keys that are kept in it where they are not set."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from digest.config.private import FILE_MODE, make_folder

_SHORTEST = 16


def kept_key(folder: Path, name: str) -> str:
    """The key kept in the instance folder, made on the first start; two starts at once agree on one.

    Raises ValueError where it can't be used.
    """
    path = made(folder) / name
    if not path.exists():
        fresh = folder / f".{name}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(fresh)  # unlike a rename, never replaces the key that another start has just made
        fresh.unlink()
    key = path.read_text(errors="replace").strip()
    if len(key) < _SHORTEST:
        raise ValueError(f"the file {path} is damaged: it holds no key; put it back from a backup")
    return key


def usable_folder(text: str, root: Path) -> Path:
    """The instance folder, there already or not. Raises ValueError with the remedy where there is something else."""
    folder = root / text
    if stands := next((path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()), None):
        raise ValueError(f"{stands} is a file; name a folder")
    return folder


def made(folder: Path) -> Path:
    """The instance folder, made if it is missing. Raises ValueError with the remedy where that can't be done."""
    try:
        make_folder(folder)
    except OSError as error:
        raise ValueError(
            f"the folder {folder} can’t be made ({error.strerror}); make it, for example with `install -d -m 700`, and "
            "give it to the user that runs Digest"
        ) from None
    return folder
