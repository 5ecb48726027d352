"""SQLite's file, watched: a process goes on writing into a file that was removed or replaced, and all of it is lost.

What the connections hold is known by device and inode: the file, and the two beside it while there are connections.
Before each connection, at each beginning and before each commit it is compared with what bears the names now, by three
calls of `stat`. While they differ nothing is read or written. A file put in its place is not opened: whether it may be
sent from is asked at the start, before anything else. One that was written over where it lies has the same inode; once
SQLite finds its pages malformed, it counts as replaced in every session of the process.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, ExceptionContext, event
from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

_Identity = tuple[int, int]
_BESIDE = ("-wal", "-shm")
_MALFORMED = {11, 26}  # SQLITE_CORRUPT, SQLITE_NOTADB: https://www.sqlite.org/rescode.html
_malformed: set[Path] = set()
"""Files whose pages some session of this process found malformed."""


class DatabaseFileGone(OperationalError):
    """The file was removed or replaced while in use; `orig` says so, with the remedy. It has been logged."""

    def __init__(self, path: Path) -> None:
        words = (
            f"{path}, or its -wal or -shm file, was removed or replaced while in use. Nothing is read or written until "
            "Digest is restarted: stop it, put the right file in place, start it"
        )
        super().__init__(None, None, RuntimeError(words))


def watch_file(engine: Engine) -> Callable[[], None]:
    """Watch the file of an SQLite engine. Returns what to call when all its connections are given up for good."""
    name = engine.url.database
    if not name or name == ":memory:" or name.startswith("file:"):
        return lambda: None
    file = _File(Path(name).absolute())
    event.listen(engine, "do_connect", lambda *_: file.check())
    event.listen(engine, "connect", lambda *_: file.opened())
    event.listen(engine, "close", lambda *_: file.closed())
    event.listen(engine, "begin", lambda _: file.check())
    event.listen(engine, "commit", lambda _: file.check())
    event.listen(engine, "handle_error", file.look_at)
    return file.forget


class _File:
    """Which file the connections of this process hold. Shared by its threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = tuple(path.with_name(path.name + ending) for ending in _BESIDE)
        self._lock = threading.Lock()
        self._connections = 0
        self._held: _Identity | None = None
        self._beside_held: tuple[_Identity | None, ...] | None = None
        self._is_gone = False

    def opened(self) -> None:
        """A connection was made."""
        with self._lock:
            self._connections += 1
            self._held = self._held or _identity(self._path, empty_is_none=True)

    def closed(self) -> None:
        """A connection was closed. With the last one SQLite removes the files beside it itself."""
        with self._lock:
            self._connections -= 1
            if self._connections == 0:
                self._beside_held = None

    def forget(self) -> None:
        """No connection is left, and the next may find another file."""
        with self._lock:
            self._held = self._beside_held = None
            self._is_gone = False
            _malformed.discard(self._path)

    def check(self) -> Any:
        """Raise DatabaseFileGone unless the name still leads to what the connections hold."""
        with self._lock:
            is_gone = self._differs()
            if is_gone != self._is_gone:
                self._is_gone = is_gone
                self._tell()
        if is_gone:
            raise DatabaseFileGone(self._path)

    def look_at(self, context: ExceptionContext) -> None:
        """Remember an error that says that the file is malformed. While it is only opened, that is told otherwise."""
        code = getattr(context.original_exception, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _MALFORMED and self._held is not None:
            _malformed.add(self._path)

    def _differs(self) -> bool:
        if self._held is None:
            return False
        if self._path in _malformed:
            return True
        if _identity(self._path, empty_is_none=True) != self._held:
            return True
        beside = tuple(_identity(path) for path in self._beside)
        if self._beside_held is None and self._connections and all(beside):
            self._beside_held = beside  # they come with the first use of a connection
        return self._beside_held is not None and beside != self._beside_held

    def _tell(self) -> None:
        if self._is_gone:
            log.error("%s", DatabaseFileGone(self._path).orig)
        else:
            log.warning("%s is back: it is the same file as before, and everything goes on", self._path)


def _identity(path: Path, empty_is_none: bool = False) -> _Identity | None:
    """Device and inode; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return None if empty_is_none and not found.st_size else (found.st_dev, found.st_ino)
