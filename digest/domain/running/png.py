"""A PNG looked at byte by byte (W3C, Portable Network Graphics, third edition): sound, and only what draws."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"}
"""What draws. Texts, times, profiles and whatever a camera or a program noted stay out."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_LONGEST_SIDE = 2_000
_DAMAGED = "The PNG is damaged. Export it again."


def clean_png(content: bytes) -> tuple[bytes, int, int]:
    """Its parts that draw, its width and its height. Raises ValueError with the remedy."""
    parts = list(_parts(content))
    if not parts or parts[0][0] != b"IHDR" or parts[-1] != (b"IEND", b"") or len(parts[0][1]) != 13:
        raise ValueError(_DAMAGED)
    width, height, depth, kind, packing, filtering, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    if depth not in _DEPTHS.get(kind, ()) or packing or filtering or interlaced not in (0, 1):
        raise ValueError(_DAMAGED)
    if interlaced:
        raise ValueError("The PNG is interlaced. Save it without interlacing.")
    if not 0 < width <= _LONGEST_SIDE or not 0 < height <= _LONGEST_SIDE:
        raise ValueError(f"The PNG is {width:,} by {height:,}; {_LONGEST_SIDE:,} is the most. Scale it first.")
    _check_pixels(
        [body for name, body in parts if name == b"IDAT"], height * (-(-width * depth * _CHANNELS[kind] // 8) + 1)
    )
    kept = b"".join(_written(name, body) for name, body in parts if name in _KEPT)
    return PNG_SIGNATURE + kept, width, height


def _parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's type and data, up to the end of the picture: what somebody hung behind it is not read."""
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        check = content[at + 8 + length : at + 12 + length]
        if len(body) != length or check != zlib.crc32(name + body).to_bytes(4):
            raise ValueError(_DAMAGED)
        yield name, body
        if name == b"IEND":
            return
        at += 12 + length


def _check_pixels(packed: list[bytes], expected: int) -> None:
    """Whether they unpack to as many bytes as the size says, and never to more than that."""
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(b"".join(packed), expected + 1)
    except zlib.error:
        raise ValueError(_DAMAGED) from None
    if len(found) != expected:
        raise ValueError(_DAMAGED)


def _written(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)
