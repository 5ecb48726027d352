"""A power cut: what was written but not synced is gone.

SQLite reaches its files through a table of functions (sqlite.org/vfs.html). Here the usual table is taken over, in this
process only, by one whose `sync` also copies the synced file aside. The copies are what a disk would have kept.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
from pathlib import Path
from typing import Any

MISSING = "" if ctypes.util.find_library("sqlite3") else "SQLite is built into this Python: its files can't be reached"

_METHODS = 19
"""Entries of sqlite3_io_methods, version 3: its version and 18 functions, each in a word of its own."""
_SYNC = 5
_OPEN = 5
_VFS_OPEN_OFFSET = 8 * _OPEN

_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_Open = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_VFS_BYTES = 168
"""The size of sqlite3_vfs, version 3, on a 64-bit machine."""
_kept: list[Any] = []
"""What SQLite points at must not be collected."""


def keep_what_was_synced(disk: Path) -> None:
    """From now on each file that SQLite or `os.fdatasync` syncs in this process is copied to the folder `disk`."""
    library = ctypes.CDLL(ctypes.util.find_library("sqlite3"))
    library.sqlite3_vfs_find.restype = ctypes.c_void_p
    usual = library.sqlite3_vfs_find(None)
    ours = ctypes.create_string_buffer(ctypes.string_at(usual, _VFS_BYTES), _VFS_BYTES)
    place = ctypes.addressof(ours) + _VFS_OPEN_OFFSET
    real_open = _Open(ctypes.c_void_p.from_address(place).value or 0)
    opening = _Open(_Opening(real_open, disk))
    ctypes.c_void_p.from_address(place).value = ctypes.cast(opening, ctypes.c_void_p).value
    _kept.extend((ours, real_open, opening))
    assert library.sqlite3_vfs_register(ctypes.byref(ours), 1) == 0
    _watch_fdatasync(disk)


def after_the_cut(case: Path, disk: Path) -> None:
    """Put back what the disk kept; files that were never synced are gone, but for the database that was staged."""
    for name in ("digest.db-wal", "digest.db-shm"):
        (case / name).unlink(missing_ok=True)
    for path in disk.iterdir():
        shutil.copyfile(path, case / ("instance/claims" if path.name == "claims" else path.name))


class _Opening:
    """Opens a file as usual, then slips its own `sync` under it."""

    def __init__(self, real: Any, disk: Path) -> None:
        self._real = real
        self._disk = disk
        self._tables: list[Any] = []

    def __call__(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        result = int(self._real(vfs, name, file, flags, out))
        methods = ctypes.c_void_p.from_address(file).value
        if result == 0 and methods and name:
            table = (ctypes.c_void_p * _METHODS).from_buffer_copy(ctypes.string_at(methods, 8 * _METHODS))
            sync = _Sync(_Syncing(_Sync(table[_SYNC] or 0), Path(os.fsdecode(ctypes.string_at(name))), self._disk))
            table[_SYNC] = ctypes.cast(sync, ctypes.c_void_p).value
            ctypes.c_void_p.from_address(file).value = ctypes.addressof(table)
            self._tables.append((table, sync))
        return result


class _Syncing:
    def __init__(self, real: Any, path: Path, disk: Path) -> None:
        self._real = real
        self._path = path
        self._disk = disk

    def __call__(self, file: int, flags: int) -> int:
        result = int(self._real(file, flags))
        _copy(self._path, self._disk)
        return result


def _watch_fdatasync(disk: Path) -> None:
    real = os.fdatasync

    def fdatasync(descriptor: int) -> None:
        real(descriptor)
        _copy(Path(f"/proc/self/fd/{descriptor}").readlink(), disk)

    os.fdatasync = fdatasync  # type: ignore[assignment]


def _copy(path: Path, disk: Path) -> None:
    if path.exists():
        ahead = disk / f"{path.name}.new"
        shutil.copyfile(path, ahead)
        ahead.replace(disk / path.name)
