"""Bytes that wait: put in at one end, taken at the other; few are in memory, many in a temporary file."""

from __future__ import annotations

import shutil
from tempfile import SpooledTemporaryFile
from typing import IO

_IN_MEMORY = 64 * 1024


class ByteQueue:
    """A queue of bytes. One thread at a time."""

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] | None = None
        self._put = self._taken = 0

    def __len__(self) -> int:
        return self._put - self._taken

    def put(self, data: bytes) -> None:
        """Add to the end."""
        if self._file is None:
            self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it lives as long as its bytes
        self._file.seek(self._put)
        self._file.write(data)
        self._put += len(data)

    def peek(self, size: int) -> bytes:
        """The first so many bytes, or what there is."""
        if self._file is None:
            return b""
        self._file.seek(self._taken)
        return self._file.read(min(size, len(self)))

    def drop(self, size: int) -> None:
        """Take the first so many bytes away. A spool that is empty gives its memory and its file back."""
        self._taken += size
        if not len(self):
            self.clear()

    def take(self, size: int) -> bytes:
        """The first so many bytes, or what there is, which are then gone."""
        data = self.peek(size)
        self.drop(len(data))
        return data

    def clear(self) -> None:
        """Drop everything."""
        if self._file is not None:
            self._file.close()
        self._file = None
        self._put = self._taken = 0


def unpacked(body: IO[bytes]) -> IO[bytes]:
    """All of a body that comes in chunks, to be read from its beginning. Raises what reading it raises."""
    whole = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it lives as long as the request
    shutil.copyfileobj(body, whole)
    whole.seek(0)
    return whole
