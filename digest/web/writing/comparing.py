"""A form's words as lines, and what differs between two of them."""

from __future__ import annotations

from difflib import unified_diff

from digest.storage.writing.summaries import Summary
from digest.web.writing.summary_form import SummaryForm, form_of


def lines_of(form: SummaryForm) -> list[str]:
    """Everything that is typed, a line for each field, then the text's."""
    typed = form.manuscript
    sources = [" ".join((source.url, source.title, source.publication)).strip() for source in typed.sources]
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
