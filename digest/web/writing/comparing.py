"""A form's words as lines, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from itertools import islice

from digest.domain.issues.manuscript import Piece, read
from digest.storage.writing.summaries import Summary
from digest.web.writing.summary_form import SummaryForm, form_of

_MOST_LINES = 2_000
"""Of two texts together, as `domain.writing.differences` has it."""


def lines_of(form: SummaryForm) -> list[str]:
    """Everything that is typed, a line for each field, then the text's."""
    typed = form.manuscript
    piece = read(typed)
    rows = piece.sources if isinstance(piece, Piece) else typed.sources
    sources = [" ".join(part for part in (each.url, each.title, each.publication) if part.strip()) for each in rows]
    body = typed.body.replace("\r\n", "\n").strip().split("\n")
    topics = ", ".join(sorted(typed.topics))
    return [typed.title.strip(), typed.date, typed.publication.strip(), *sources, topics, *body]


def difference(theirs: Summary, form: SummaryForm) -> str:
    """What differs between the saved words and the typed ones, line by line."""
    return "\n".join(_differing(lines_of(form_of(theirs)), lines_of(form)))


def _differing(saved: Sequence[str], typed: Sequence[str]) -> Iterator[str]:
    """The differing lines, each with one that is the same around it; of very many, all between the first and the last
    that differ, since finding the least of them would take minutes.
    """
    begin = _alike(saved, typed)
    end = _alike(saved[begin:][::-1], typed[begin:][::-1])
    if len(saved) + len(typed) - 2 * (begin + end) <= _MOST_LINES:
        first, last = max(0, begin - 1), max(0, end - 1)
        before, after = saved[first : len(saved) - last], typed[first : len(typed) - last]
        told = islice(unified_diff(before, after, lineterm="", n=1), 2, None)  # its first two lines name files
        yield from (line for line in told if not line.startswith("@@"))
        return
    yield from (f"-{line}" for line in saved[begin : len(saved) - end])
    yield from (f"+{line}" for line in typed[begin : len(typed) - end])


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
