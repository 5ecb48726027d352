"""What a summary is found by: its words, folded and stemmed, and how much each weighs."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from html import unescape

from digest.domain.archive.postings import HEAVIEST
from digest.domain.shared.folding import words
from digest.domain.shared.stems import stems
from digest.storage.archive.index_due import IndexedText
from digest.storage.archive.search_index import LONGEST_STEM

_TITLE, _NAMES = 1.2, 0.5
_USUAL_LENGTH = 60
_UNIT = 2.2 / HEAVIEST
_BAR = " | "
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Terms:
    """What a summary is found by: its folded words, and how much each of their stems weighs, from 1 to 15."""

    words: str
    weights: dict[str, int]


def plain_text(body_html: str) -> str:
    """A body's words."""
    return unescape(_TAG.sub(" ", body_html))


def terms_of(text: IndexedText) -> Terms:
    """What the summary is found by."""
    fields = [words(each) for each in (text.title, plain_text(text.body_html), *text.names)]
    counts = defaultdict[str, float](float)
    for at, each in enumerate(fields):
        weight = _TITLE if at == 0 else 1.0 if at == 1 else _NAMES
        for stem in stems(" ".join(each)):
            counts[stem[:LONGEST_STEM]] += weight
    # As BM25 has it: the second time counts less than the first, and long texts have more of everything.
    damping = 0.3 + 0.9 * sum(counts.values()) / _USUAL_LENGTH
    weights = {
        stem: max(1, min(HEAVIEST, round(2.2 * count / (count + damping) / _UNIT))) for stem, count in counts.items()
    }
    return Terms(f" {_BAR.join(' '.join(each) for each in fields)} ", weights)
