"""Numbers of things, as people read them."""

from __future__ import annotations


def counted(count: int, one: str, many: str = "") -> str:
    """`1 reader`, `12,345 readers`; `many` is the plural where it isn't `one` with an s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def copies(count: int) -> str:
    """`1 copy`, `12,345 copies`."""
    return counted(count, "copy", "copies")


def batches(count: int) -> str:
    """`1 batch`, `12,345 batches`."""
    return counted(count, "batch", "batches")
