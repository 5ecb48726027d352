"""The files of a service's export, wherever they lie: in a folder, in a ZIP archive, or one file alone."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from digest.operations.shared.archives import DAMAGED, files_below, opened_archive
from digest.operations.shared.refusal import Refused

_LARGEST = 200 * 1024 * 1024
"""Bytes of one file: more than the whole export of any archive that fits a newsletter."""


@dataclass(frozen=True)
class ExportFiles:
    """The names of the files in an export, with `/` between folders, and how one is read."""

    name: str
    names: Sequence[str]
    _read: Callable[[str], bytes]

    def text(self, name: str) -> str:
        """The file's text. Raises Refused for one that is none."""
        try:
            return self._read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Refused(
                f"{name} is not UTF-8 ({error.reason}). Save it as UTF-8 text. Nothing was imported."
            ) from None

    def ending(self, *ends: str) -> list[str]:
        """The files whose names end so."""
        return [name for name in self.names if name.lower().endswith(ends)]

    def called(self, name: str) -> str:
        """The file of that name, in whatever folder; empty if there is none."""
        return next((each for each in self.names if PurePosixPath(each).name.lower() == name), "")


@contextmanager
def export_files(path: Path) -> Iterator[ExportFiles]:
    """The files in `path`, for as long as this lasts. Raises Refused for a damaged archive."""
    if path.is_dir():
        names = sorted(found.relative_to(path).as_posix() for found in files_below(path))
        yield ExportFiles(path.name, names, lambda name: (path / name).read_bytes())
    elif zipfile.is_zipfile(path):
        with opened_archive(path) as archive:
            yield ExportFiles(path.name, sorted(archive.namelist()), lambda name: _member(archive, name))
    else:
        yield ExportFiles(path.name, [path.name], lambda _: path.read_bytes())


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        if archive.getinfo(name).file_size > _LARGEST:
            raise Refused(
                f"{name} is larger than {_LARGEST // 1024**2} MB. Unpack it, and take it out. Nothing was imported."
            )
        return archive.read(name)
    except DAMAGED as error:
        raise Refused(f"{name} in it can’t be read ({error}). Unpack it yourself. Nothing was imported.") from None
