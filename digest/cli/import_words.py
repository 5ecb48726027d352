"""What became of an import's rows, in words."""

from __future__ import annotations

from collections.abc import Mapping


def added_in_words(counts: Mapping[str, int]) -> str:
    """`12,345 added (12,000 confirmed, 345 pending)`, the most frequent first; `0 added` where none was."""
    often = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    parts = ", ".join(f"{count:,} {word}" for word, count in often if count)
    return f"{sum(counts.values()):,} added" + (f" ({parts})" if parts else "")


def stated_otherwise(count: int) -> str:
    """That so many rows had another state in the file, which was not taken over."""
    has, keep = ("has", "it keeps") if count == 1 else ("have", "they keep")
    return f"Of those already there, {count:,} {has} another state in the file than here; {keep} the one here."
