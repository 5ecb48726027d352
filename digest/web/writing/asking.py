"""What a reader asks of the archive, read from an address that anyone may have typed or cut short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode

from digest.storage.writing.publications import Publication
from digest.storage.writing.summaries import ArchiveQuestion
from digest.storage.writing.topics import Topic

T = TypeVar("T", Topic, Publication)

LONGEST_TEXT = 200
_LAST_PAGE = 1_000_000


@dataclass(frozen=True)
class Asked:
    """The question as understood; `remarks` are plain sentences on what could not be."""

    question: ArchiveQuestion
    page: int
    topic: Topic | None
    publication: Publication | None
    remarks: tuple[str, ...]

    @property
    def filtered(self) -> bool:
        """Whether anything less than the whole archive is asked for."""
        return self.question != ArchiveQuestion()

    def path(self, page: int = 1) -> str:
        """The one address of this question's page of that number."""
        words = urlencode(self._words() | ({"page": str(page)} if page > 1 else {}))
        return f"/news?{words}" if words else "/news"

    @property
    def base(self) -> str:
        """The address up to a page's number."""
        return f"/news?{urlencode(self._words() | {'page': ''})}"

    def _words(self) -> dict[str, str]:
        asked = self.question
        words = {
            "q": asked.text,
            "topic": asked.topic,
            "publication": asked.publication,
            "from": asked.since.isoformat() if asked.since else "",
            "to": asked.until.isoformat() if asked.until else "",
        }
        return {name: value for name, value in words.items() if value}


def asked_of(args: Mapping[str, str], topics: Sequence[Topic], publications: Sequence[Publication]) -> Asked:
    """The question in an address's parameters. What makes no sense is left out, and remarked on."""
    remarks: list[str] = []
    text = _text(args.get("q", ""), remarks)
    topic = _named(args.get("topic", ""), topics, "topic", remarks)
    publication = _named(args.get("publication", ""), publications, "publication", remarks)
    since = _date(args.get("from", ""), remarks)
    until = _date(args.get("to", ""), remarks)
    if since and until and since > until:
        since, until = until, since
        remarks.append("The first day came after the last, so we swapped them.")
    page = page_number(args)
    if page is None:
        remarks.append("The page’s number wasn’t one, so this is the first page.")
    question = ArchiveQuestion(text, topic.slug if topic else "", publication.slug if publication else "", since, until)
    return Asked(question, page or 1, topic, publication, tuple(remarks))


def page_number(args: Mapping[str, str]) -> int | None:
    """The number of the page asked for, 1 by default; None if it can't be one."""
    text = args.get("page", "").strip() or "1"
    if not (text.isascii() and text.isdecimal() and int(text[:8]) > 0):
        return None
    return min(int(text[:8]), _LAST_PAGE)


def _text(text: str, remarks: list[str]) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(words) > LONGEST_TEXT:
        remarks.append(f"We searched for the first {LONGEST_TEXT} characters only.")
    return words[:LONGEST_TEXT].strip()


def _named(slug: str, known: Sequence[T], what: str, remarks: list[str]) -> T | None:
    slug = slug.strip()
    found = next((one for one in known if one.slug == slug), None)
    if slug and found is None:
        remarks.append(f"There is no {what} “{slug[:60]}” in the archive, so we left it out.")
    return found


def _date(text: str, remarks: list[str]) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        remarks.append(f"“{text[:40]}” isn’t a date, so we left it out. Use one like 2024-05-17.")
        return None
