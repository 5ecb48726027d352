"""The archive's list: searched, narrowed, and gone through by time. Sets no cookie, reads only."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from flask import Blueprint, Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from digest.domain.archive.marking import Sought, TextPiece, excerpt, marked
from digest.domain.issues.edition import plain
from digest.operations.archive.browsing import ArchiveAnswer, browse
from digest.operations.archive.searching import WantedWords
from digest.storage.writing.names import PUBLICATIONS, TOPICS, BriefName, brief_names
from digest.storage.writing.summaries import Summary
from digest.web.archive.asking import Asked, asked_of
from digest.web.archive.old_slugs import with_slugs_of_today
from digest.web.shared.caching import keep_for_a_minute
from digest.web.shared.context import reading
from digest.web.shared.languages import language
from digest.web.shared.security import csrf

A_PAGE = 20
_EXCERPT = 280
_MOST_CHOICES = 100
"""Of publications: with more the page would be mostly that; words find the others by their names."""

_news = Blueprint("news", __name__)
csrf.exempt(_news)
_news.after_request(keep_for_a_minute)


def hang_up(app: Flask) -> None:
    """Register the list."""
    app.register_blueprint(_news)


@dataclass(frozen=True)
class FilterChoice:
    """One choice of a filter: where its link leads if it has one, and how many there are."""

    value: str
    words: str
    count: int
    path: str
    chosen: bool = False


@dataclass(frozen=True)
class ArchiveEntry:
    """A summary in the list, with what was looked for marked in it."""

    summary: Summary
    title: Markup
    excerpt: Markup


@_news.get("/news", strict_slashes=False)
def news() -> ResponseReturnValue:
    """The archive as far as the reader asks for it."""
    if moved := with_slugs_of_today(request.args):
        return redirect(f"/news?{urlencode(moved)}", 301)
    topics, publications = brief_names(reading(), TOPICS), brief_names(reading(), PUBLICATIONS)
    asked = asked_of(request.args, topics, publications)
    answer = browse(reading(), asked.asking(), asked.page, A_PAGE)
    entries = [_entry(summary, sought_by(answer.wanted)) for summary in answer.summaries]
    body = render_template(
        "archive/news.html",
        asked=asked,
        page=answer,
        heading=heading_of(asked),
        groups=_groups(asked, entries),
        topics=_topics(asked, topics, answer),
        publications=_publications(asked, publications, answer),
        years=_years(asked, answer),
        months=_months(asked, answer),
    )
    return body, 404 if answer.number > answer.pages else 200


def sought_by(wanted: Sequence[WantedWords]) -> Sought:
    """What of the words that were typed is marked."""
    last = wanted[-1] if wanted else None
    return Sought(
        frozenset(stem for each in wanted if not each.quoted for stem in each.stems),
        last.words[0] if last and last.beginning and last.beginning.seats else "",
        tuple(each.words for each in wanted if each.quoted),
    )


def heading_of(asked: Asked) -> str:
    """What the page is about, in a few words."""
    about = [each.name for each in (asked.topic, asked.publication) if each]
    when = _spoken(asked.question.since, asked.question.until)
    return " · ".join([*about, when] if when else about) or language().gettext("Archive")


def _spoken(since: date | None, until: date | None) -> str:
    """`2026` or `May 2026` where the days are just that; else nothing."""
    if not since or not until:
        return ""
    if (since, until) == year_of(since.year):
        return f"{since:%Y}"
    return language().month(since) if (since, until) == month_of(since.year, since.month) else ""


def year_of(year: int) -> tuple[date, date]:
    """Its first and last day."""
    return date(year, 1, 1), date(year, 12, 31)


def month_of(year: int, month: int) -> tuple[date, date]:
    """Its first and last day."""
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _entry(summary: Summary, sought: Sought) -> ArchiveEntry:
    title = _html(marked(summary.title, sought))
    text = " ".join(plain(summary.body_html).split())
    return ArchiveEntry(summary, title, _html(excerpt(text, sought, _EXCERPT)))


def _html(pieces: Sequence[TextPiece]) -> Markup:
    # Each piece is escaped as it is put in.
    return Markup("".join(f"<mark>{escape(each.text)}</mark>" if each.marked else escape(each.text) for each in pieces))  # noqa: S704


def _groups(asked: Asked, entries: Sequence[ArchiveEntry]) -> list[tuple[str, list[ArchiveEntry]]]:
    """By month where the newest comes first; else all as one, without a heading."""
    if not asked.by_date:
        return [("", list(entries))]
    return [
        (when, list(some)) for when, some in groupby(entries, lambda each: language().month(each.summary.published_on))
    ]


def _topics(asked: Asked, topics: Sequence[BriefName], answer: ArchiveAnswer) -> list[FilterChoice]:
    counts = answer.choices.topics if answer.choices else {}
    found = _choices(topics, counts, answer, asked.topic)
    found = [replace(each, path=asked.instead({"topic": each.value})) for each in found]
    return sorted(found, key=lambda each: (-each.count, each.words))


def _publications(asked: Asked, publications: Sequence[BriefName], answer: ArchiveAnswer) -> list[FilterChoice]:
    counts = answer.choices.publications if answer.choices else {}
    found = _choices(publications, counts, answer, asked.publication)
    largest = sorted(found, key=lambda each: (not each.chosen, -each.count))[:_MOST_CHOICES]
    return sorted(largest, key=lambda each: each.words.casefold())


def _choices(
    named: Sequence[BriefName],
    counts: Mapping[int, int],
    answer: ArchiveAnswer,
    chosen: BriefName | None,
) -> list[FilterChoice]:
    return [
        FilterChoice(each.slug, each.name, counts.get(each.id, 0), "", each == chosen)
        for each in named
        if each.id in counts or each == chosen or answer.choices is None
    ]


def _years(asked: Asked, answer: ArchiveAnswer) -> list[FilterChoice]:
    counts = dict[int, int]()
    for (year, _), count in (answer.choices.months if answer.choices else {}).items():
        counts[year] = counts.get(year, 0) + count
    return [_time(asked, f"{year}", count, *year_of(year)) for year, count in sorted(counts.items(), reverse=True)]


def _months(asked: Asked, answer: ArchiveAnswer) -> tuple[str, list[FilterChoice]]:
    """The year that is asked for, or the only one there is, and its months; none where there are several."""
    since, until = asked.question.since, asked.question.until
    counts = answer.choices.months if answer.choices else {}
    years = {since.year, until.year} if since and until else {year for year, _ in counts}
    if len(years) != 1:
        return "", []
    year = min(years)
    months = sorted((month, count) for (when, month), count in counts.items() if when == year)
    return f"{year}", [
        _time(asked, language().month_name(date(year, month, 1)), count, *month_of(year, month))
        for month, count in months
    ]


def _time(asked: Asked, words: str, count: int, since: date, until: date) -> FilterChoice:
    days = {"from": since.isoformat(), "to": until.isoformat()}
    now = asked.question.since, asked.question.until
    within = bool(now[0] and now[1] and since <= now[0] and now[1] <= until)
    return FilterChoice("", words, count, asked.instead(days), within)
