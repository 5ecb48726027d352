"""An answer's body out of its compression, with its size and its ratio bounded while it comes."""

from __future__ import annotations

import contextlib
import http.client
import zlib
from collections.abc import Iterable, Iterator

import urllib3.exceptions

from digest.feeds.fetching.unreachable import Obstacle, Unreachable

WANTED = "gzip, deflate"
"""What the Accept-Encoding header asks for: the two that come with Python, and stop where they are told to."""

_RATIO = 100
_HARMLESS = 100_000
"""Below this many bytes a ratio says nothing: a short page of blanks packs better than any bomb."""


def decoded(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """The whole body. Raises Unreachable if it is larger than `limit` bytes, packed too tightly, or broken."""
    size, parts = 0, []
    for part in _parts(chunks, encoding):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise Unreachable(
                f"What came is larger than {limit / 1_000_000:g} MB, and was not read to its end. Look for an address "
                "with less on it.",
                Obstacle.TOO_LARGE,
            )
    return b"".join(parts)


def beginning(chunks: Iterable[bytes], encoding: str, size: int) -> bytes:
    """What can be had of the first `size` bytes of a body. Raises nothing for the other side."""
    found = b""
    with contextlib.suppress(Unreachable, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError):
        for part in _parts(chunks, encoding):
            found += part
            if len(found) >= size:
                break
    return found[:size]


def _parts(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    came = size = 0
    unpacking = _Unpacking(encoding)
    for chunk in chunks:
        came += len(chunk)
        for part in unpacking.parts_of(chunk):
            size += len(part)
            if size > _HARMLESS and size > _RATIO * came:
                raise Unreachable(
                    "What came unpacks to more than a hundred times its size, as nothing but an attack does. "
                    "It was not read. Tell its publisher.",
                    Obstacle.TOO_LARGE,
                )
            yield part
    unpacking.finish()


class _Unpacking:
    """One layer of compression. What only says it is packed, and is not, is taken as it is: some servers do that."""

    _PIECE = 65_536

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower().removeprefix("x-")
        if self._encoding not in ("", "identity", "gzip", "deflate"):
            raise Unreachable(
                f"The server packs what it sends as “{self._encoding[:30]}”, which was not asked for. Tell its "
                "publisher.",
                Obstacle.GARBLED,
            )
        self._engine: zlib._Decompress | None = None
        self._begun = False

    def parts_of(self, chunk: bytes) -> Iterator[bytes]:
        """What a piece of the answer unpacks to, in pieces of at most 64 kB."""
        if not self._begun and chunk:
            self._begun = True
            self._engine = self._engine_for(chunk)
        if self._engine is None:
            yield chunk
            return
        yield from self._unpacked(self._engine, chunk)

    def finish(self) -> None:
        """Raises Unreachable if the packed body was cut off."""
        if self._engine is not None and not self._engine.eof:
            raise Unreachable("The answer was cut off before its end. It is tried again.", Obstacle.GARBLED)

    def _engine_for(self, first: bytes) -> zlib._Decompress | None:
        if self._encoding == "gzip" and first[:1] == b"\x1f":
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        if self._encoding == "deflate":
            wrapped = first[0] & 0x0F == 8 and len(first) > 1 and int.from_bytes(first[:2], "big") % 31 == 0
            return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        return None

    def _unpacked(self, engine: zlib._Decompress, data: bytes) -> Iterator[bytes]:
        while data and not engine.eof:
            try:
                part = engine.decompress(data, self._PIECE)
            except zlib.error:
                raise Unreachable(
                    "What came is packed in a way that can’t be undone. It is tried again.", Obstacle.GARBLED
                ) from None
            if part:
                yield part
            data = engine.unconsumed_tail
