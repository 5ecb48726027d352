"""Topics as readers read them: in words."""

from __future__ import annotations

from collections.abc import Sequence

from digest.storage.readers.subscribers import Subscriber
from digest.storage.writing.topics import all_topics
from digest.web.shared.context import reading


def topic_choices(subscriber: Subscriber) -> Sequence[tuple[str, str]]:
    """Every topic as (slug, name), and what the reader chose before it had a summary."""
    chosen = {slug: in_words(slug) for slug in subscriber.topics.split(",") if slug}
    return sorted((chosen | topic_names()).items(), key=lambda choice: choice[1].lower())


def topic_names() -> dict[str, str]:
    """The names of all topics, by slug."""
    return {topic.slug: topic.name for topic in all_topics(reading())}


def in_words(slug: str) -> str:
    """A topic that has no name here (any more), as words."""
    return slug.replace("-", " ").capitalize()
