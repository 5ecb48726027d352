"""Related: published summaries that share the rare words of one, by the archive's own search index.

A page asks for it each time, so it is bounded: a few of the summary's heaviest words, and none that many others have.
"""

from __future__ import annotations

import math
from collections import defaultdict

from sqlalchemy.orm import Session

from digest.storage.writing.beside import SummaryLine, heaviest_stems, lines_of, summaries_with_rare

_READ = 24
"""Words of a summary that are looked up."""
_RARE = 300
"""A word that more summaries have is no sign of one matter."""
_SHARED = 2
"""One word in common may be chance."""
_MOST = 4


def related(session: Session, summary_id: int) -> list[SummaryLine]:
    """Up to four published summaries, the nearest first; none before the summary is indexed."""
    scores, shared = defaultdict[int, float](float), defaultdict[int, int](int)
    for stem, weight in heaviest_stems(session, summary_id, _READ).items():
        having = summaries_with_rare(session, stem, _RARE)
        rarity = math.log(1 + _RARE / (1 + len(having)))
        for key, theirs in having.items():
            scores[key] += rarity * weight * theirs
            shared[key] += 1
    near = [key for key in scores if key != summary_id and shared[key] >= _SHARED]
    nearest = sorted(near, key=lambda key: (-scores[key], -key))[: 2 * _MOST]
    return lines_of(session, nearest)[:_MOST]
