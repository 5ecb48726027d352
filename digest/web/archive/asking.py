"""What a reader asks of the archive, read from an address that anyone may have typed or cut short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from digest.operations.archive.browsing import Asking, Order
from digest.storage.archive.published import ArchiveQuestion
from digest.storage.writing.names import BriefName
from digest.web.shared.languages import language

LONGEST_TEXT = 200
_LAST_PAGE = 1_000_000


@dataclass(frozen=True)
class Asked:
    """The question as understood; `remarks` are plain sentences on what could not be."""

    question: ArchiveQuestion
    page: int
    topic: BriefName | None
    publication: BriefName | None
    remarks: tuple[str, ...]
    order: Order = Order.RELEVANCE

    @property
    def filtered(self) -> bool:
        """Whether anything less than the whole archive is asked for."""
        return self.question != ArchiveQuestion()

    @property
    def by_date(self) -> bool:
        """Whether the newest comes first: always, unless words are looked for."""
        return not self.question.text or self.order is Order.DATE

    def named(self) -> dict[str, BriefName | None]:
        """Topic and publication by the names of their parameters; None where none is meant, or none is there."""
        return {"topic": self.topic, "publication": self.publication}

    def asking(self) -> Asking:
        """The same for the operation that answers it."""
        return Asking(self.question, self.topic, self.publication, self.order)

    def path(self, page: int = 1, what: str = "/news") -> str:
        """The one address of this question's page of that number, or of a feed of it, which is by date anyway."""
        words = self._words() if what == "/news" else self.kept("order")
        query = urlencode(words | ({"page": str(page)} if page > 1 else {}))
        return f"{what}?{query}" if query else what

    def instead(self, other: Mapping[str, str]) -> str:
        """The address of the question with these fields instead, "" for none."""
        words = {name: value for name, value in {**self._words(), **other}.items() if value}
        return f"/news?{urlencode(words)}" if words else "/news"

    @property
    def base(self) -> str:
        """The address up to a page's number."""
        return f"/news?{urlencode(self._words() | {'page': ''})}"

    def kept(self, *fields: str) -> dict[str, str]:
        """What a form without these fields has to hand on."""
        return {name: value for name, value in self._words().items() if name not in fields}

    def _words(self) -> dict[str, str]:
        asked = self.question
        words = {
            "q": asked.text,
            "topic": asked.topic,
            "publication": asked.publication,
            "from": asked.since.isoformat() if asked.since else "",
            "to": asked.until.isoformat() if asked.until else "",
            "order": Order.DATE if asked.text and self.order is Order.DATE else "",
        }
        return {name: value for name, value in words.items() if value}


def asked_of(args: Mapping[str, str], topics: Sequence[BriefName], publications: Sequence[BriefName]) -> Asked:
    """The question in an address's parameters. What makes no sense is left out, and remarked on."""
    remarks: list[str] = []
    text = _text(args.get("q", ""), remarks)
    topic = _named(args.get("topic", ""), topics)
    publication = _named(args.get("publication", ""), publications)
    remarks += _left_out(args, topic, publication)
    since = _date(args.get("from", ""), remarks)
    until = _date(args.get("to", ""), remarks)
    if since and until and since > until:
        since, until = until, since
        remarks.append(language().gettext("The first day came after the last, so we swapped them."))
    page = page_number(args)
    if page is None:
        remarks.append(language().gettext("The page’s number wasn’t one, so this is the first page."))
    question = ArchiveQuestion(text, topic.slug if topic else "", publication.slug if publication else "", since, until)
    order = Order.DATE if args.get("order") == Order.DATE else Order.RELEVANCE
    return Asked(question, page or 1, topic, publication, tuple(remarks), order)


def page_number(args: Mapping[str, str]) -> int | None:
    """The number of the page asked for, 1 by default; None if it can't be one."""
    text = args.get("page", "").strip() or "1"
    if not (text.isascii() and text.isdecimal() and int(text[:8]) > 0):
        return None
    return min(int(text[:8]), _LAST_PAGE)


def _text(text: str, remarks: list[str]) -> str:
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(words) > LONGEST_TEXT:
        said = language().gettext("We searched for the first %(number)s characters only.", number=LONGEST_TEXT)
        remarks.append(said)
    return words[:LONGEST_TEXT].strip()


def _named(slug: str, known: Sequence[BriefName]) -> BriefName | None:
    return next((one for one in known if one.slug == slug.strip()), None)


def _left_out(args: Mapping[str, str], topic: BriefName | None, publication: BriefName | None) -> Iterator[str]:
    """What to say of names that nothing in the archive has."""
    spoken = language()
    if not topic and (slug := args.get("topic", "").strip()):
        yield spoken.gettext("There is no topic “%(slug)s” in the archive, so we left it out.", slug=slug[:60])
    if not publication and (slug := args.get("publication", "").strip()):
        yield spoken.gettext("There is no publication “%(slug)s” in the archive, so we left it out.", slug=slug[:60])


def _date(text: str, remarks: list[str]) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        remarks.append(
            language().gettext("“%(text)s” isn’t a date, so we left it out. Use one like 2024-05-17.", text=text[:40])
        )
        return None
