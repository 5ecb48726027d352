"""Pre-flight of links: where they lead, what they answered, what they say, and sources that come twice.

All only warn, but for links that somebody rewrote to see who follows them: a sender may let one pass with a reason.

An address behind a paywall or a robots' wall, or one that nobody could ask, is unclear; that is no fault of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from digest.domain.issues.edition import Content
from digest.domain.issues.faults import Level, PreflightFault
from digest.domain.issues.links import (
    DEAD,
    MOVED,
    LinkFinding,
    PlacedLink,
    is_of_the_web,
    is_shortened,
    known_of,
    links_in,
    same_article,
    says_nothing,
)
from digest.domain.issues.trackers import is_rewritten

_SHOWN = 60


def faults_of_links(content: Content, findings: Mapping[str, LinkFinding]) -> list[PreflightFault]:
    """All faults of a digest's links, in its order; `findings` is what is known of addresses."""
    placed = [(link, words) for link in links_in(content) for words in _faults(link, findings)]
    found = [_rewritten(link) for link in links_in(content) if is_rewritten(link.url)]
    found += [_warning(link.where, words, link.summary_id) for link, words in placed]
    return [*dict.fromkeys(found), *_repeated_sources(content)]


def _faults(link: PlacedLink, findings: Mapping[str, LinkFinding]) -> Iterator[str]:
    if link.url.lower().startswith("mailto:"):
        return
    if not is_of_the_web(link.url):
        yield f"the link “{_short(link.words or link.url)}” leads nowhere from a mail. Write its address with https://."
        return
    finding = known_of(link.url, findings)
    if finding.verdict == DEAD:
        remedy = finding.words or "Find where the article is now, or take the link out."
        yield f"{_short(link.url)} is dead. {remedy}"
    if finding.verdict == MOVED:
        why = f" to {_short(finding.words)}" if is_of_the_web(finding.words) else ""
        yield f"{_short(link.url)} has moved{why}. Use its new address."
    if is_shortened(link.url):
        yield f"{_short(link.url)} is a shortened address, which filters distrust. Use the one it leads to."
    if link.words and says_nothing(link.words):
        yield f"the link “{_short(link.words)}” says nothing by itself. Link words that name what is there."


def _rewritten(link: PlacedLink) -> PreflightFault:
    what = f"{_short(link.url)} leads through a tracker, which sees who follows it. Use the address it leads to."
    return PreflightFault(Level.BLOCKS, link.where, what, link.summary_id, "" if link.summary_id else "words")


def _repeated_sources(content: Content) -> Iterator[PreflightFault]:
    uses: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(content.items, start=1):
        for article in {same_article(source.url) for source in item.sources}:
            uses[article].append(number)
    for number, item in enumerate(content.items, start=1):
        others = {other for source in item.sources for other in uses[same_article(source.url)]} - {number}
        if others:
            named = " and ".join(f"item {other}" for other in sorted(others))
            yield _warning(f"Item {number}", f"shares a source with {named}. Merge them?", item.summary_id)


def _warning(where: str, what: str, summary_id: int | None) -> PreflightFault:
    return PreflightFault(Level.WARNS, where, what, summary_id, "" if summary_id else "words")


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
