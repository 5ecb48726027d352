"""Archives and folders that people bring: opened, and what lies in them; what is damaged is refused in words."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from digest.operations.shared.refusal import Refused

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What reading a ZIP archive raises where it is damaged, cut short, locked, or packed as Python can't unpack it."""


def opened_archive(path: Path) -> zipfile.ZipFile:
    """The archive, for the caller to close. Raises Refused, with the remedy, where its list of files can't be read."""
    try:
        return zipfile.ZipFile(path)
    except (*DAMAGED, ValueError) as error:
        raise Refused(
            f"It is a damaged ZIP archive ({error}). Get it again, or unpack it yourself. Nothing was imported."
        ) from None


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and in those below it; none that a link in it borrows from elsewhere on this machine."""
    home = folder.resolve()
    return (path for path in folder.rglob("*") if path.is_file() and path.resolve().is_relative_to(home))
