"""The summary form: what was typed, kept as typed until it can be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest

from flask import request
from werkzeug.datastructures import MultiDict

from digest.domain.issues.crediting import credited
from digest.domain.issues.edition import Source
from digest.domain.issues.leftovers import left_in_html, left_in_line
from digest.domain.issues.manuscript import (
    LONGEST_BODY,
    LONGEST_PUBLICATION,
    LONGEST_TITLE,
    MOST_SOURCES,
    MOST_TOPICS,
    Faults,
    Manuscript,
    Piece,
    date_in,
    from_json,
    one_line,
    read,
    several_lines,
)
from digest.domain.writing.bodies import BodyFormat, body_html
from digest.storage.writing.summaries import Summary
from digest.storage.writing.topics import Topic
from digest.storage.writing.working_copies import WorkingCopy
from digest.web.writing.form_keys import own_key


@dataclass(frozen=True)
class SummaryForm:
    """Everything that the form shows. `version` is the one that the editor began from, 0 for a new summary.

    `form_key` is the form's own: what it makes or saves can be told from what others do.
    """

    manuscript: Manuscript
    version: int = 0
    on_issue: bool = True
    body_format: str = BodyFormat.MARKDOWN
    form_key: str = ""
    correction: str = ""
    is_silent: bool = True
    """A change to what is published tells readers nothing."""

    def rows(self, faults: Faults) -> list[Mapping[str, str]]:
        """The sources as the form's rows, each with what is wrong with it."""
        return [
            {
                "url": source.url,
                "title": source.title,
                "publication": source.publication,
                "error": faults.get(f"source-{number}", ""),
            }
            for number, source in enumerate(self.manuscript.sources)
        ]

    def new_topics(self, known: list[Topic]) -> str:
        """The topics that have no box to tick, for the free field."""
        names = {topic.name for topic in known}
        return ", ".join(topic for topic in self.manuscript.topics if topic not in names)


def empty_form(today: str, form_key: str, given: MultiDict[str, str]) -> SummaryForm:
    """A new summary's form, dated today, with what the page's address gives for it, as far as that can be used."""
    rows = zip_longest(given.getlist("source"), given.getlist("source_title"), fillvalue="")
    manuscript = Manuscript(
        title=given.get("title", "")[:LONGEST_TITLE],
        date=given.get("date", "") if date_in(given.get("date", "")) else today,
        publication=given.get("publication", "")[:LONGEST_PUBLICATION],
        sources=tuple(Source(url, title, "") for url, title in rows if url.strip())[:MOST_SOURCES],
        topics=tuple(topic.strip() for topic in given.getlist("topic") if topic.strip())[:MOST_TOPICS],
    )
    return SummaryForm(manuscript, form_key=form_key)


def form_of(summary: Summary, form_key: str = "") -> SummaryForm:
    """A stored summary in its form."""
    manuscript = Manuscript(
        title=summary.title,
        date=summary.published_on.isoformat(),
        publication=summary.publication.name,
        body=summary.body,
        sources=tuple(Source(link.url, link.title, link.publication) for link in summary.sources),
        topics=tuple(topic.name for topic in summary.topics),
        body_is_html=summary.body_format == BodyFormat.HTML,
    )
    return SummaryForm(manuscript, summary.version, body_format=summary.body_format, form_key=form_key)


def form_of_copy(copy: WorkingCopy, form_key: str) -> SummaryForm:
    """What was typed and not saved, in its form again. Raises UnreadableRecord."""
    manuscript = from_json(copy.typed)
    body_format = BodyFormat.HTML if manuscript.body_is_html else BodyFormat.MARKDOWN
    return SummaryForm(manuscript, copy.version, body_format=body_format, form_key=form_key)


def sent_form() -> SummaryForm:
    """The form as the browser sent it; rows without any text are left out."""
    form = request.form
    rows = zip_longest(*map(form.getlist, ("source_url", "source_title", "source_publication")), fillvalue="")
    body_format = BodyFormat.HTML if form.get("body_format") == BodyFormat.HTML else BodyFormat.MARKDOWN
    free = form.get("new_topics", "").replace(";", ",").split(",")
    manuscript = Manuscript(
        title=form.get("title", ""),
        date=form.get("date", ""),
        publication=form.get("publication", ""),
        body=form.get("body", ""),
        sources=tuple(Source(*row) for row in rows if any(part.strip() for part in row)),
        topics=tuple(topic.strip() for topic in (*form.getlist("topics"), *free) if topic.strip()),
        body_is_html=body_format == BodyFormat.HTML,
    )
    return SummaryForm(
        manuscript,
        form.get("version", 0, int),
        "on_issue" in form,
        body_format,
        own_key(form.get("form_key", "")),
        several_lines(form.get("correction", "")),
        "silent" in form or "correction" not in form,
    )


def on_version(form: SummaryForm, version: int) -> SummaryForm:
    """The same words, to be saved over that version."""
    return replace(form, version=version)


@dataclass(frozen=True)
class Preview:
    """The summary as its page will show it, as far as what is typed can be read."""

    title: str
    publication: str
    published_on: date | None
    topics: tuple[str, ...]
    body_html: str
    sources: tuple[Source, ...]
    leftovers: tuple[str, ...]
    """What readers would see as it stands, though nobody meant it so; a sentence each with the remedy."""


def preview_of(form: SummaryForm) -> Preview:
    """What the preview shows for a form."""
    typed = form.manuscript
    piece = read(typed)
    title, html = (
        one_line(typed.title),
        body_html(several_lines(typed.body[: 2 * LONGEST_BODY])[:LONGEST_BODY], form.body_format),
    )
    return Preview(
        title=title,
        publication=one_line(typed.publication),
        published_on=date_in(typed.date),
        topics=typed.topics,
        body_html=html,
        sources=credited(
            piece.sources if isinstance(piece, Piece) else tuple(filter(_has_url, typed.sources)),
            one_line(typed.publication),
        ),
        leftovers=tuple(dict.fromkeys((*left_in_line(title), *left_in_html(html)))),
    )


def _has_url(source: Source) -> bool:
    return bool(source.url.strip())
