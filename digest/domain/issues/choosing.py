"""What a reader's choice of topics makes of an issue: what comes in full, what as headlines, in what words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from digest.domain.issues.edition import Content, Item, default_preheader, default_subject, in_sections, plain
from digest.domain.issues.fitting import fits
from digest.domain.shared.spoken import AS_WRITTEN, Spoken

Choice = frozenset[str] | None
"""What chosen topics come to on one issue: those that it is about, by their slugs; None for the whole issue."""


@dataclass(frozen=True)
class ChosenContent:
    """An issue as one choice of topics sees it."""

    content: Content
    """The items in full, and the words around them that fit these."""
    headlines: tuple[Item, ...] = ()
    """The rest of the issue, of which only headlines are shown."""
    topics: tuple[str, ...] = ()
    """The chosen topics that the issue is about, by name."""
    shared: bool = False
    """Whether readers get it whose own choice was too rare for an edition."""

    @property
    def items(self) -> int:
        """How many items the whole issue has."""
        return len(self.content.items) + len(self.headlines)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to headlines."""
        return not self.headlines


def choice_of(content: Content, chosen: Collection[str], known: Collection[str]) -> Choice:
    """What a reader's topics come to on this issue; `known` are those that there are today, by their slugs.

    The whole issue for who chose nothing, nothing that there still is, all that there is, or what leaves no item out.
    """
    occurring = topics_of(content).keys()
    there = occurring | set(known)
    wanted = there & set(chosen)
    if not wanted or wanted == there:
        return None
    choice = frozenset(wanted & occurring)
    return choice if rank(content, choice) < len(content.items) else None


def topics_of(content: Content) -> dict[str, str]:
    """The topics that an issue is about: their names by their slugs."""
    return {topic.slug: topic.name for item in content.items for topic in item.topics}


def rank(content: Content, choice: Choice) -> int:
    """How many items a choice brings in full."""
    return (
        len(content.items) if choice is None else sum(not item.topics or _is_on(item, choice) for item in content.items)
    )


def chosen_content(
    content: Content, choice: Choice, own_subject: bool, shared: bool = False, spoken: Spoken = AS_WRITTEN
) -> ChosenContent:
    """The issue as this choice sees it: what it is on first and in full, then what is on no topic, then headlines.

    The subject and the preheader, where no editor wrote them (`own_subject` false), are made again, so that they speak
    of what stands here in full; an editor's own words stay where they fit that (`domain.issues.fitting`), and are
    left out where they don't.
    """
    if choice is None:
        return ChosenContent(content, shared=shared)
    full = [item for item in content.items if _is_on(item, choice)]
    full += [item for item in content.items if not item.topics]
    items = in_sections(full) if content.by_topic else tuple(full)
    rest = tuple(item for item in content.items if item not in items)
    names = topics_of(content)
    topics = tuple(sorted((names[slug] for slug in choice), key=str.casefold))
    return ChosenContent(_around(content, items, rest, own_subject, spoken), rest, topics, shared)


def _around(
    content: Content, items: tuple[Item, ...], rest: tuple[Item, ...], own_subject: bool, spoken: Spoken
) -> Content:
    kept = _Fitting(items, rest)
    own_preheader = content.preheader != default_preheader(item.title for item in content.items)
    return replace(
        content,
        items=items,
        subject=(own_subject and kept.fitting(content.subject)) or subject_of(items, rest, spoken),
        preheader=(own_preheader and kept.fitting(content.preheader)) or _preheader_of(items, rest),
        introduction_html=kept.fitting(content.introduction_html),
        closing_html=kept.fitting(content.closing_html),
    )


def subject_of(items: Sequence[Item], rest: Sequence[Item], spoken: Spoken) -> str:
    """The top headline of what is in full, and how many more are; where nothing is, that it is headlines alone."""
    if items:
        return default_subject((item.title for item in items), spoken)
    return spoken.ngettext(
        "%(num)s headline, none of them on your topics", "%(num)s headlines, none of them on your topics", len(rest)
    )


def _preheader_of(items: Sequence[Item], rest: Sequence[Item]) -> str:
    if items:
        return default_preheader(item.title for item in items)
    return " · ".join(item.title for item in rest[:3])


def _is_on(item: Item, choice: frozenset[str]) -> bool:
    return any(topic.slug in choice for topic in item.topics)


class _Fitting:
    """What an edition keeps of an editor's own words."""

    def __init__(self, items: Sequence[Item], rest: Sequence[Item]) -> None:
        self._missing = rest
        self._kept = [f"{item.title} {item.publication} {plain(item.body_html)}" for item in items]

    def fitting(self, own: str) -> str:
        """The words or the HTML, or nothing where they speak of what is not in full."""
        if any(f'href="{item.url}{end}' in own for item in self._missing for end in '"?#'):
            return ""
        return own if fits(plain(own), [item.title for item in self._missing], self._kept) else ""
