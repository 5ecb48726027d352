"""The archive's list: what answers a reader's question, page by page, and what each other choice would bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from digest.domain.archive.postings import bits_of, mask
from digest.domain.archive.shelf import Counts, Filters, months_of
from digest.operations.archive.archive_index import ArchiveIndex
from digest.operations.archive.searching import ArchiveSearch, WantedWords
from digest.storage.archive.published import ArchiveQuestion, archive_page, publication_sizes, topic_sizes
from digest.storage.writing.names import TOPICS, BriefName, brief_names
from digest.storage.writing.summaries import Summary, published_by_ids


class Order(StrEnum):
    """How what was found is ordered."""

    RELEVANCE = "relevance"
    DATE = "date"


@dataclass(frozen=True)
class Choices:
    """How many summaries each choice of a filter would leave under the other filters; months as (year, month)."""

    topics: Mapping[int, int]
    publications: Mapping[int, int]
    months: Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class ArchiveAnswer:
    """One page of what answers. `choices` is None while so much was written lately that the index lacks some.

    `behind`: words were looked for meanwhile, so that some of it was not, and some as it was before. `at_least`: there
    was too much to be looked through, so there may be more.
    """

    summaries: Sequence[Summary]
    total: int
    number: int
    size: int
    loosened: bool = False
    wanted: Sequence[WantedWords] = ()
    choices: Choices | None = None
    behind: bool = False
    at_least: bool = False

    @property
    def whole(self) -> bool:
        """Whether this is all that answers."""
        return not (self.behind or self.at_least)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True)
class Asking:
    """A question with the topic and the publication that its slugs mean."""

    question: ArchiveQuestion
    topic: BriefName | None = None
    publication: BriefName | None = None
    order: Order = Order.DATE

    def filters(self) -> Filters:
        """The same for the shelf."""
        since, until = self.question.since, self.question.until
        return Filters(
            self.topic.id if self.topic else None,
            self.publication.id if self.publication else None,
            since.toordinal() if since else None,
            until.toordinal() if until else None,
        )


@dataclass(frozen=True)
class Sizes:
    """The topics with how many summaries each has, the largest first; and how many publications there are."""

    topics: Sequence[tuple[BriefName, int]]
    publications: int


def browse(session: Session, asking: Asking, number: int, size: int) -> ArchiveAnswer:
    """One page of the published summaries that answer; their number, and that of each other choice."""
    index = ArchiveIndex(session)
    if not index.complete and not asking.question.text:
        page = archive_page(session, asking.question, number, size)
        return ArchiveAnswer(page.summaries, page.total, number, size)
    looked = ArchiveSearch(index, asking.question.text) if asking.question.text else None
    among = None if looked is None else mask(looked.found, index.shelf.seats)
    counts = index.shelf.counts(asking.filters(), among)
    keys = _page(index, looked, asking, among, (number - 1) * size, size) if (number - 1) * size < counts.total else []
    return ArchiveAnswer(
        published_by_ids(session, keys),
        counts.total,
        number,
        size,
        looked.loosened if looked else False,
        looked.wanted if looked else (),
        _choices(counts) if index.complete else None,
        not index.complete,
        looked is not None and not looked.whole,
    )


def sizes(session: Session) -> Sizes:
    """The topics and publications of what is published."""
    index = ArchiveIndex(session)
    if not index.complete:
        topics = [(BriefName(topic.id, topic.slug, topic.name), size) for topic, size in topic_sizes(session)]
        return Sizes(topics, len(publication_sizes(session)))
    counts = index.shelf.counts(Filters())
    sized = [(topic, counts.topics[topic.id]) for topic in brief_names(session, TOPICS) if counts.topics[topic.id]]
    return Sizes(sorted(sized, key=lambda each: (-each[1], each[0].name)), len(counts.publications))


def _page(
    index: ArchiveIndex, looked: ArchiveSearch | None, asking: Asking, among: bytes | None, start: int, count: int
) -> list[int]:
    marks = index.shelf.marks(asking.filters(), among)
    if looked is None or asking.order is Order.DATE:
        return index.shelf.newest(marks, start, count)
    return [key for key, _ in looked.best(bits_of(marks), start, count)]


def _choices(counts: Counts) -> Choices:
    return Choices(counts.topics, counts.publications, months_of(counts.days))
