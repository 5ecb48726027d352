"""A summary's source links as its page shows them: with language, subscription, and the copy kept of what is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from digest.config.languages import ENGLISH
from digest.domain.archive.languages import language_name, main_language
from digest.domain.issues.crediting import credited
from digest.domain.issues.edition import Source
from digest.domain.shared.urls import is_safe
from digest.storage.sources.described import ArticlesOf, articles_of
from digest.storage.writing.summaries import SourceLink
from digest.web.shared.languages import language


@dataclass(frozen=True)
class Original(Source):
    """A source link; `in_language` is the name of a language that is not ours, `language` its tag."""

    language: str = ""
    in_language: str = ""
    subscription_needed: bool = False
    archived_url: str = ""
    is_dead: bool = False
    by_source: bool = False
    """Whether a source says something of its publication's articles; nobody keeps since when."""


def originals(
    session: Session, named: Sequence[Source], links: Iterable[SourceLink], publication: str
) -> list[Original]:
    """These source links, each with what is known of its address; `publication` is the summary's own."""
    whole = credited(named, publication)
    known = {link.url: link for link in links}
    about = articles_of(session, {source.publication for source in whole if source.publication})
    return [_original(source, known.get(source.url), about.get(source.publication, ArticlesOf())) for source in whole]


def _original(source: Source, link: SourceLink | None, about: ArticlesOf) -> Original:
    found = Original(source.url, source.title, source.publication, by_source=about != ArticlesOf())
    tag, needed = about.language, about.subscription_needed
    if link is not None:
        tag, needed = link.language or tag, needed if link.subscription_needed is None else link.subscription_needed
        archived = link.archived_url if is_safe(link.archived_url) else ""
        found = replace(found, archived_url=archived, is_dead=link.health == "dead")
    foreign = main_language(tag) not in ("", main_language(language().tag))
    return replace(found, language=tag, in_language=_called(tag) if foreign else "", subscription_needed=needed)


def _called(tag: str) -> str:
    """The language of that tag, as the page's own language calls it."""
    ours = language()
    return language_name(tag) if ours.tag == ENGLISH else ours.language_name(main_language(tag))
