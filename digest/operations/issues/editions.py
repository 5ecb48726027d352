"""Which readers see what of a digest: the editions that the readers' choices of topics make of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from digest.config import Settings
from digest.config.catalogues import speaking
from digest.domain.issues.choosing import Choice, ChosenContent, choice_of, chosen_content, topics_of
from digest.domain.issues.edition import Content, ItemTopic
from digest.domain.issues.preflight import SIZE_LIMIT
from digest.domain.issues.sharing import editions_for
from digest.domain.shared.spoken import Spoken
from digest.mail.message.templating import listed
from digest.operations.issues.composing import Composed, compose_editions, has_own_subject
from digest.storage.readers.subscribers import audience_by_topics
from digest.storage.writing.names import TOPICS, slugs_now
from digest.storage.writing.topics import all_topics

_MOST_TOLD = 6
_SAID_OF_ITSELF = 5_000
"""Bytes, and more than enough: by which topics an edition is one, and the heading of its headlines."""


@dataclass(frozen=True)
class EditionShare:
    """One edition and its readers: how many chose what, by their topics as stored (slugs, with commas between)."""

    chosen: ChosenContent
    choices: Mapping[str, int]
    fallen: int = 0
    """How many of its readers made a choice too rare for an edition, whose topics are all in this one."""

    @property
    def readers(self) -> int:
        """How many get it."""
        return sum(self.choices.values())

    @property
    def choice(self) -> str:
        """One choice of topics that gives it; empty for the whole issue."""
        return "" if self.chosen.is_whole else next(iter(self.choices))


def edition_shares(session: Session, settings: Settings, content: Content) -> list[EditionShare]:
    """The audience by what it sees of the content: the whole issue first, then the most readers first."""
    known = [topic.slug for topic in all_topics(session)]
    spoken = speaking(settings.branding.language)
    return shares_of(_with_topics_of_today(session, content), audience_by_topics(session), known, spoken)


def _with_topics_of_today(session: Session, content: Content) -> Content:
    """The content with the topics that those it was stored with have become: after the closing one may be merged into
    another or get another address, and readers’ choices name the new one from then on.
    """
    moved = slugs_now(session, TOPICS, topics_of(content).keys())
    if not moved:
        return content
    today = {topic.slug: ItemTopic(topic.slug, topic.name) for topic in all_topics(session)}
    items = []
    for item in content.items:
        topics = {moved.get(topic.slug, topic.slug): topic for topic in item.topics}
        now = tuple(today[slug] if slug in moved.values() else topic for slug, topic in topics.items())
        items.append(replace(item, topics=now))
    return replace(content, items=tuple(items))


def shares_of(
    content: Content, audience: Mapping[str, int], known: Sequence[str], spoken: Spoken
) -> list[EditionShare]:
    """`edition_shares` of an audience, how many made each choice of topics; `known` are the topics that there are."""
    own = {topics: choice_of(content, _slugs(topics), known) for topics in audience}
    numbers: dict[Choice, int] = defaultdict(int)
    for topics, readers in audience.items():
        numbers[own[topics]] += readers
    editions = editions_for(content, numbers)
    found: dict[Choice, dict[str, int]] = defaultdict(dict)
    # Whoever made the very choice stands first, so that it stands for the edition.
    for topics in sorted(audience, key=lambda topics: (editions[own[topics]] != own[topics], topics)):
        found[editions[own[topics]]][topics] = audience[topics]
    shares = [_share(content, edition, choices, own, spoken) for edition, choices in found.items()]
    return sorted(shares, key=lambda share: (not share.chosen.is_whole, -share.readers, share.choice))


def _share(
    content: Content, edition: Choice, choices: Mapping[str, int], own: Mapping[str, Choice], spoken: Spoken
) -> EditionShare:
    fallen = sum(readers for topics, readers in choices.items() if own[topics] != edition)
    chosen = chosen_content(content, edition, has_own_subject(content), shared=fallen > 0, spoken=spoken)
    return EditionShare(chosen, choices, fallen)


def compose_for_topics(session: Session, settings: Settings, whole: Composed, topics: str) -> Composed:
    """The digest as a reader with these topics gets it (slugs, with commas between); the whole one for none.

    A choice that nobody has made is shown as if enough readers had.
    """
    wanted = _slugs(topics)
    if not wanted:
        return whole
    known = [topic.slug for topic in all_topics(session)]
    content, spoken = _with_topics_of_today(session, whole.content), speaking(settings.branding.language)
    own = choice_of(content, wanted, known)
    for share in shares_of(content, audience_by_topics(session), known, spoken):
        if any(choice_of(content, _slugs(made), known) == own for made in share.choices):
            return compose_editions(whole, [share.chosen], settings)[0]
    chosen = chosen_content(content, own, has_own_subject(content), spoken=spoken)
    return compose_editions(whole, [chosen], settings)[0]


def with_faults_of_editions(session: Session, settings: Settings, whole: Composed) -> Composed:
    """The whole issue, with what pre-flight finds in the editions that the audience would get of it.

    An edition is larger than the whole issue by no more than what it says of itself, so most are not even made for it.
    """
    if whole.html_bytes <= SIZE_LIMIT - _SAID_OF_ITSELF:
        return whole
    editions = [share.chosen for share in edition_shares(session, settings, whole.content) if not share.chosen.is_whole]
    found = [fault for edition in compose_editions(whole, editions, settings) for fault in edition.faults]
    return replace(whole, faults=tuple(sorted((*whole.faults, *found), key=lambda fault: fault.level)))


def told(shares: Sequence[EditionShare]) -> tuple[str, ...]:
    """Who gets what, a sentence for each edition; nothing where all get the same."""
    if all(share.chosen.is_whole for share in shares):
        return ()
    sentences = [_sentence(share) for share in shares[:_MOST_TOLD]]
    if more := shares[_MOST_TOLD:]:
        count = sum(share.readers for share in more)
        sentences.append(f"{_readers(count)} one of {len(more)} further editions.")
    if fallen := sum(share.fallen for share in shares):
        sentences.append(
            f"Of these, {fallen:,} made a choice that too few share for an edition: they get the nearest that leaves "
            "none of their topics out."
        )
    return tuple(sentences)


def whole_readers(shares: Sequence[EditionShare]) -> int:
    """How many readers get the whole issue."""
    return sum(share.readers for share in shares if share.chosen.is_whole)


def _sentence(share: EditionShare) -> str:
    chosen, full = share.chosen, len(share.chosen.content.items)
    if chosen.is_whole:
        return f"{_readers(share.readers)} all {chosen.items:,} items in full."
    if not chosen.topics:
        of_it = f"{full:,} of {chosen.items:,} items in full, which are on no topic, and" if full else "only"
        return f"{_readers(share.readers)} {of_it} headlines: nothing is on the topics they chose."
    return f"{_readers(share.readers)} {full:,} of {chosen.items:,} items in full, by {listed(chosen.topics)}."


def _readers(count: int) -> str:
    return f"{count:,} {'reader gets' if count == 1 else 'readers get'}"


def _slugs(topics: str) -> frozenset[str]:
    return frozenset(slug.strip() for slug in topics.split(",") if slug.strip())
