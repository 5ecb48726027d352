"""What strangers send, broken in the same few ways each time; `make fuzz` goes on for as long as one likes."""

from __future__ import annotations

import random

from tests.fuzz import READERS, SEEDS, fault_of, mutated


def test_what_is_broken_is_read_or_called_unreadable_in_time() -> None:
    chance = random.Random(12)  # noqa: S311 - the same every time
    for data in [mutated(chance, SEEDS)[:200_000] for _ in range(12)]:
        for name, read in READERS.items():
            assert not (fault := fault_of(read, data)), f"{name}: {fault}, of {data[:300]!r}"
