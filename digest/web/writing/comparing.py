"""A form's words as lines, and what differs between two of them."""

from __future__ import annotations

from difflib import unified_diff

from digest.domain.issues.manuscript import Piece, read
from digest.storage.writing.summaries import Summary
from digest.web.writing.summary_form import SummaryForm, form_of


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
    return "\n".join(
        line
        for line in unified_diff(lines_of(form_of(theirs)), lines_of(form), lineterm="", n=1)
        if not line.startswith(("---", "+++", "@@"))
    )
