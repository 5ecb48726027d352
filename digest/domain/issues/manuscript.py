"""A summary as someone hands it in: what they typed, what it is once read, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from digest.domain.issues.crediting import host_of
from digest.domain.issues.edition import Source
from digest.domain.shared.slugs import slugify
from digest.domain.shared.stored import known, packed, parts, unpacked
from digest.domain.shared.urls import safe_url
from digest.domain.writing.clipboard import plain_lines, visible
from digest.domain.writing.markup import fault_in_links

LONGEST_TITLE = 300
LONGEST_BODY = 50_000
LONGEST_PUBLICATION = 200
LONGEST_SOURCE_TITLE = 500
LONGEST_TOPIC = 100
MOST_SOURCES = 30
MOST_TOPICS = 20

_NAME, _VERSION = "working copy", 1

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_WITHIN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Unicode’s categories Cc, Cs, Zl and Zp; within lines, tabs and line feeds stay."""


@dataclass(frozen=True)
class Manuscript:
    """What was typed or found in a file, unchecked; the date as text."""

    title: str = ""
    date: str = ""
    publication: str = ""
    body: str = ""
    sources: tuple[Source, ...] = ()
    topics: tuple[str, ...] = ()
    body_is_html: bool = False


@dataclass(frozen=True)
class Piece:
    """A manuscript that can be stored: one-line fields on one line, addresses checked, empty rows gone."""

    title: str
    published_on: date
    publication: str
    body: str
    sources: tuple[Source, ...]
    topics: tuple[str, ...]


Faults = dict[str, str]
"""A sentence for each field to be mended: title, date, publication, body, topics, sources, source-0, source-1…"""


def read(manuscript: Manuscript) -> Piece | Faults:
    """The piece, or what keeps it from being stored. A draft may still lack its body and its sources."""
    title, publication = one_line(manuscript.title), one_line(manuscript.publication)
    body = several_lines(manuscript.body)
    published_on = date_in(manuscript.date)
    topics = tuple(dict.fromkeys(topic for topic in map(one_line, manuscript.topics) if topic))
    rows = tuple(filter(_filled, manuscript.sources))
    sources, faults = _sources(rows)
    faults |= _line_faults("title", title, LONGEST_TITLE, "Give it a title.")
    faults |= _line_faults("publication", publication, LONGEST_PUBLICATION, "Name the main contributor.")
    faults |= _topic_faults(topics)
    if len(body) > LONGEST_BODY:
        faults["body"] = f"The text has {len(body):,} characters; {LONGEST_BODY:,} is the most. Shorten it."
    elif fault := fault_in_links(body, manuscript.body_is_html):
        faults["body"] = f"Mend a link: {fault}"
    if published_on is None:
        faults["date"] = "Give the date as year, month and day, for example 2024-05-15."
        return faults
    return faults or Piece(title, published_on, publication, body, sources, topics)


def missing_for_readers(piece: Piece) -> Faults:
    """What a piece that can be stored still lacks before readers may see it."""
    faults = {} if piece.body else {"body": "Write the summary before publishing it."}
    if not piece.sources:
        faults["sources"] = "Add at least one source: readers go on to the full story from here."
    if not slugify(piece.title):
        faults["title"] = "Use at least one letter or digit in the title; its address is made from it."
    return faults


def to_json(manuscript: Manuscript) -> str:
    """What was typed, to be kept; `from_json` gives the same value back."""
    return packed(asdict(manuscript), _VERSION)


def from_json(text: str) -> Manuscript:
    """What `to_json` kept, also for an earlier or later program. Raises UnreadableRecord."""
    stored = unpacked(text, _VERSION, _NAME)
    sources = parts({"sources": [], **stored}, _NAME, "sources")
    nothing = dict.fromkeys(("url", "title", "publication"), "")
    read = {
        "sources": tuple(Source(**known(Source, source, nothing, _NAME)) for source in sources),
        "topics": tuple(str(topic) for topic in stored.get("topics", [])),
        "body_is_html": stored.get("body_is_html") is True,
    }
    empty = dict.fromkeys(("title", "date", "publication", "body"), "")
    return Manuscript(**known(Manuscript, stored | read, empty, _NAME))


def one_line(text: str) -> str:
    """The text on one line; every control character and line break becomes a space, what nobody sees is gone."""
    return " ".join(_CONTROL.sub(" ", visible(text)).split())


def several_lines(text: str) -> str:
    """The text with plain line ends, without other control characters, without blank edges."""
    return _CONTROL_WITHIN_LINES.sub("", plain_lines(text)).strip()


def date_in(text: str) -> date | None:
    """The date that a text such as 2024-05-15 gives, None for any other."""
    # Python also reads 20240515 and 2024-W20-3; people who type those mean something else too often.
    text = text.strip()
    try:
        return date.fromisoformat(text) if len(text) == 10 and text[4] == text[7] == "-" else None
    except ValueError:
        return None


def _filled(source: Source) -> bool:
    return any(part.strip() for part in (source.url, source.title, source.publication))


def _sources(rows: tuple[Source, ...]) -> tuple[tuple[Source, ...], Faults]:
    read_rows: list[Source] = []
    faults: Faults = {}
    for number, row in enumerate(rows):
        try:
            read_rows.append(_source(row, named=len(rows) > 1))
        except ValueError as error:
            faults[f"source-{number}"] = str(error)
    if len(rows) > MOST_SOURCES:
        faults["sources"] = f"There are {len(rows)} sources; {MOST_SOURCES} is the most."
    return tuple(read_rows), faults


def _source(row: Source, named: bool) -> Source:
    if not row.url.strip():
        raise ValueError("This source lacks its web address. Add it, or empty the row.")
    url = safe_url(row.url)
    title, publication = one_line(row.title), one_line(row.publication)
    if len(title) > LONGEST_SOURCE_TITLE or len(publication) > LONGEST_PUBLICATION:
        raise ValueError(
            f"A source’s title has at most {LONGEST_SOURCE_TITLE} characters, its publication "
            f"{LONGEST_PUBLICATION}. Shorten them."
        )
    # A single source without a name is the main contributor's; of several, each must be told apart.
    return Source(url, title, publication or (host_of(url)[:LONGEST_PUBLICATION] if named else ""))


def _line_faults(field: str, text: str, longest: int, missing: str) -> Faults:
    if not text:
        return {field: missing}
    if len(text) > longest:
        return {field: f"This has {len(text)} characters; {longest} is the most. Shorten it."}
    return {}


def _topic_faults(topics: Iterable[str]) -> Faults:
    topics = list(topics)
    if len(topics) > MOST_TOPICS:
        return {"topics": f"There are {len(topics)} topics; {MOST_TOPICS} is the most."}
    for topic in topics:
        if len(topic) > LONGEST_TOPIC:
            return {"topics": f"“{topic[:40]}…” is too long for a topic; {LONGEST_TOPIC} characters are the most."}
        if not slugify(topic):
            return {"topics": f"“{topic}” can’t be a topic: use at least one letter or digit."}
    return {}
