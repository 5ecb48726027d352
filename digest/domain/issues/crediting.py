"""Who published an original article, where its link says nothing of it: one rule for pages and messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from digest.domain.issues.edition import Source


def credited(sources: Sequence[Source], publication: str) -> tuple[Source, ...]:
    """The sources, each with a publication; `publication` is the summary's own.

    That is who published the original, so a single source without a name is from there. Several are from several, and
    are told apart by their hosts.
    """
    return tuple(
        replace(source, publication=source.publication or (publication if len(sources) == 1 else host_of(source.url)))
        for source in sources
    )


def host_of(url: str) -> str:
    """The host of an address as a name, without `www.`; "" where it has none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
